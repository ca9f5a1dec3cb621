"""The log: one run, its rules, and a result for each gate that was not passed.

SARIF 2.1.0 (OASIS Standard, 2020).
"""

import json
from collections.abc import Iterator
from typing import Any

from robaudit import TextLayout, __version__
from robaudit.phrases import printable
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.comparison import ComparisonRecord
from robaudit.record.schema.numbers import given
from robaudit_report.sarif.artifacts import SOURCE_ROOT, artifacts
from robaudit_report.sarif.results import results
from robaudit_report.sarif.rules import rules
from robaudit_report.sarif.text import message, uri
from robaudit_report.view.judged import figures, judged

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def render(record: AuditRecord | ComparisonRecord, _layout: TextLayout) -> str:
    """Write a log of the gates that were not passed."""
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(judged(record))]}
    return json.dumps(log, indent=2, allow_nan=False) + "\n"


def _run(audit: AuditRecord) -> dict[str, Any]:
    verdict = given(audit.verdict, None)
    return {
        "tool": {
            "driver": {
                "name": "robaudit",
                "semanticVersion": printable(
                    audit.environment.packages.get("robaudit", __version__)
                ),
                "shortDescription": {
                    "text": "Where an image classifier breaks, for which classes, and how sure "
                    "that is."
                },
                "rules": rules(audit),
            }
        },
        # Hosts replace the alerts of the last run that has the same.
        "automationDetails": {"id": f"robaudit/{uri(audit.model.name)}/"},
        "invocations": [
            {
                "executionSuccessful": True,
                "endTimeUtc": printable(audit.environment.created).replace("+00:00", "Z"),
                "toolExecutionNotifications": list(_notifications(audit)),
            }
        ],
        "originalUriBaseIds": {
            SOURCE_ROOT: {"description": {"text": "The folder that robaudit ran in."}}
        },
        "columnKind": "utf16CodeUnits",
        "artifacts": artifacts(audit),
        "results": results(audit),
        "properties": {
            "verdict": verdict.outcome if verdict else None,
            "sentence": printable(verdict.sentence) if verdict else None,
            "figures": {
                name: {"value": figure.value, "low": figure.low, "high": figure.high}
                for name, figure in figures(audit).items()
            },
        },
    }


def _notifications(audit: AuditRecord) -> Iterator[dict[str, Any]]:
    """Give what to know before trusting the figures."""
    verdict = given(audit.verdict, None)
    for sentence in [*(verdict.conditions if verdict else []), *audit.warnings]:
        yield {"level": "warning", "message": message(sentence)}
