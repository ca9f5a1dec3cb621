"""A result for each gate that was not passed: hosts show every result as an alert."""

import hashlib
from typing import Any

from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit.record.schema.verdict import GateRecord, Severity, SuppressionRecord
from robaudit_report.sarif.artifacts import location
from robaudit_report.sarif.text import message
from robaudit_report.view.gates import gate_sentence
from robaudit_report.view.judged import (
    expired,
    expired_sentence,
    gate_name,
    gate_place,
    numbered,
    rule_name,
    suppression_place,
)
from robaudit_report.view.rules import EXPIRED

_LEVELS: dict[Severity, str] = {
    "fail": "error", "inconclusive": "warning", "warning": "warning", "note": "note",
}  # fmt: skip
_STATES = {
    "new": "new", "unchanged": "unchanged", "better": "updated", "worse": "updated",
    "absent": "absent",
}  # fmt: skip


def results(audit: AuditRecord) -> list[dict[str, Any]]:
    """List the gates that were not passed, and the suppressions that ran out."""
    of_gates = [
        _result(audit, gate, number, severity)
        for gate, number in zip(audit.gates, numbered(audit.gates), strict=True)
        if (severity := gate.severity_unsuppressed) is not None
    ]
    return of_gates + [_expired(audit, suppression) for suppression in expired(audit)]


def _result(
    audit: AuditRecord, gate: GateRecord, number: int, severity: Severity
) -> dict[str, Any]:
    said = "Inconclusive: " if gate.outcome == "inconclusive" else ""
    result: dict[str, Any] = {
        "ruleId": rule_name(gate),
        "level": _LEVELS[severity],
        "message": message(said + gate_sentence(gate)),
        "locations": [location(gate_place(audit, gate))],
        "partialFingerprints": _fingerprints(
            audit.model.name, gate_name(gate), given(gate.level, "error"), number
        ),
        "properties": _properties(gate),
    }
    state, suppressed = given(gate.state, None), given(gate.suppressed, None)
    if state is not None:
        result["baselineState"] = _STATES[state]
    if suppressed is not None:
        result["suppressions"] = [_suppression(audit, suppressed)]
    return result


def _expired(audit: AuditRecord, suppression: SuppressionRecord) -> dict[str, Any]:
    what = (suppression.gate, suppression.class_name, suppression.model)
    return {
        "ruleId": EXPIRED,
        "level": "error",
        "message": message(expired_sentence(suppression)),
        "locations": [location(suppression_place(audit, suppression))],
        "partialFingerprints": _fingerprints(audit.model.name, EXPIRED, *map(str, what)),
    }


def _suppression(audit: AuditRecord, suppression: SuppressionRecord) -> dict[str, Any]:
    """Say what lets a gate be; its reason is shown as it stands, with its last day."""
    text = f"{suppression.reason} (until {suppression.until})"
    return {
        "kind": "external",
        "status": "accepted",
        "justification": message(text)["text"],
        "location": location(suppression_place(audit, suppression)),
    }


def _fingerprints(*what: object) -> dict[str, str]:
    """Tell a result from others, whatever its value: by the model's name and the gate's.

    GitHub knows only ``primaryLocationLineHash``, and would make one of what the line says:
    the threshold, or the first bytes of the model.
    """
    digest = hashlib.sha256("\0".join(map(str, what)).encode("utf-8", "replace")).hexdigest()[:32]
    return {"primaryLocationLineHash": f"{digest}:1", "robauditGate/v1": digest}


def _properties(gate: GateRecord) -> dict[str, Any]:
    """Give the figures of a gate as the record has them."""
    figures = {
        "gate": gate_name(gate),
        "outcome": gate.outcome,
        "value": gate.value,
        "low": gate.low,
        "high": gate.high,
        "threshold": gate.threshold,
        "better": gate.better,
        "error": given(gate.error, None),
        "before": given(gate.before, None),
        "state": given(gate.state, None),
    }
    return {name: value for name, value in figures.items() if value is not None}
