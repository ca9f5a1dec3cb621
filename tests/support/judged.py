"""Records with gates and a verdict, folded as a command folds them."""

import copy
from typing import Any

import msgspec

from robaudit.record.plain import as_plain
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.verdict import GateRecord, SuppressionRecord
from robaudit.verdict.fold import fold

LET_BE = {
    "gate": "accuracy/min",
    "class": None,
    "model": None,
    "until": "2030-01-31",
    "reason": "the data is being mended",
    "expired": False,
    "used": True,
    "source": None,
}


def gate(outcome: str, **changes: Any) -> dict[str, Any]:
    """Make a gate on accuracy with an outcome."""
    values = {"passed": 0.97, "failed": 0.61, "inconclusive": 0.9}
    value = values[outcome]
    return {
        "metric": "accuracy",
        "threshold": 0.9,
        "better": "higher",
        "value": value,
        "low": value - 0.02,
        "high": value + 0.02,
        "outcome": outcome,
        "name": "accuracy/min",
        "bound": "min",
        "sentence": f"{100 * value:g}% of 600 images are classified right, wanted at least 90%",
        **changes,
    }


def judged(record: Any, *gates: dict[str, Any], let_be: tuple[dict[str, Any], ...] = ()) -> Any:
    """Give a record gates, suppressions, and the verdict that they fold into."""
    given = {**copy.deepcopy(record), "gates": list(gates)}
    folded = fold(
        msgspec.convert(given, AuditRecord),
        msgspec.convert(list(gates), list[GateRecord]),
        msgspec.convert(list(let_be), list[SuppressionRecord]),
    )
    return {**given, "verdict": as_plain(folded)}
