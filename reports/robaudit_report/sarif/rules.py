"""A rule for each kind of gate that there is."""

from typing import Any

from robaudit.record.schema.audit import AuditRecord
from robaudit_report.sarif.text import message
from robaudit_report.view.judged import expired, rule_name
from robaudit_report.view.rules import EXPIRED, help_text, meaning, title

_BOUNDS = {"min": "too low", "max": "too high", "max-drop": "worse than the baseline"}
_TAGS = ["machine-learning", "robustness"]


def rules(audit: AuditRecord) -> list[dict[str, Any]]:
    """List the rules of all gates, passed ones too, in the order of these."""
    metrics = {rule_name(gate): gate.metric for gate in audit.gates}
    listed = [_rule(name, metric) for name, metric in metrics.items()]
    if expired(audit):
        listed.append(
            {
                "id": EXPIRED,
                "shortDescription": message("A suppression ran out"),
                "help": message(
                    "What lets a gate be has a last day, which has passed. Decide anew: remove "
                    "it from the file of gates, or give it a later day and a reason."
                ),
                "properties": {"tags": _TAGS},
            }
        )
    return listed


def _rule(name: str, metric: str) -> dict[str, Any]:
    bound = name.rpartition("/")[2]
    text = help_text(metric, bound)
    return {
        "id": name,
        "shortDescription": message(f"{title(metric)} {_BOUNDS[bound]}"),
        "fullDescription": message(meaning(metric)),
        "help": message(text),
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": _TAGS},
    }
