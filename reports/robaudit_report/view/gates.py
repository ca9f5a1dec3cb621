"""How a record did at its gates, in words."""

from msgspec import UNSET

from robaudit.phrases import gates_of, printable, what_decides
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.comparison import ComparisonRecord
from robaudit.record.schema.numbers import given
from robaudit.record.schema.verdict import GateRecord, VerdictRecord
from robaudit_report.view.words import estimate_interval, number


def gate_lines(record: AuditRecord | ComparisonRecord) -> list[tuple[str, str]]:
    """List each gate's outcome and the sentence that goes with it."""
    return [(gate.outcome, gate_sentence(gate) + _let_be(gate)) for gate in given(record.gates, [])]


def suppression_lines(record: AuditRecord | ComparisonRecord) -> list[tuple[str, str]]:
    """List what lets gates be: whether it is in use, has run out, and what it is on."""
    verdict = _verdict(record)
    suppressions = verdict.suppressions if verdict is not None else []
    return [
        (
            "expired" if one.expired else "used" if one.used else "not used",
            f"lets {gates_of(one.gate, one.class_name, one.model)} be until {one.until}: "
            f"{printable(one.reason)}",
        )
        for one in suppressions
    ]


def _let_be(gate: GateRecord) -> str:
    suppressed = given(gate.suppressed, None)
    return f"; let be until {suppressed.until}" if suppressed is not None else ""


def verdict_line(record: AuditRecord | ComparisonRecord) -> tuple[str, str]:
    """Give what all gates come to, "" without any, and the sentence that says it first."""
    verdict = _verdict(record)
    if verdict is None:
        return "", ""
    return verdict.outcome or "", printable(verdict.sentence)


def other_reasons(record: AuditRecord | ComparisonRecord) -> list[tuple[str, str]]:
    """List what bears on a verdict and is no gate's: how gravely, and the sentence."""
    verdict = _verdict(record)
    reasons = verdict.reasons if verdict else []
    return [(one.severity, printable(one.sentence)) for one in reasons if one.gate is None]


def _verdict(record: AuditRecord | ComparisonRecord) -> VerdictRecord | None:
    if isinstance(record, ComparisonRecord):
        return given(record.judgement, None)
    return given(record.verdict, None)


def gate_sentence(gate: GateRecord) -> str:
    """Say how a gate was done at, and what would decide it where it is not decided."""
    told = given(gate.sentence, "")
    if told:
        return printable(told) + _what_decides(gate)
    side = "at least" if gate.better == "higher" else "at most"
    return (
        f"{printable(gate.metric)} is {number(gate.value)} ({_interval(gate)}), "
        f"wanted {side} {gate.threshold:g}{_what_decides(gate)}"
    )


def _interval(gate: GateRecord) -> str:
    """Write its interval; one that is not at 95 %, as all others, says so."""
    reason, looks = given(gate.reason, None), given(gate.looks, None)
    if gate.low is None and gate.high is None:
        return f"no interval: {printable(reason)}" if reason else "no interval"
    if gate.error is UNSET or looks is None:
        return estimate_interval(gate)
    return f"{estimate_interval(gate)} at {1 - gate.error:.1%}, for up to {looks} looks"


def _what_decides(gate: GateRecord) -> str:
    of = given(gate.to_decide, None)
    if of is None:
        return ""
    return "; " + what_decides(of.samples, of.there, of.rays, of.forward_evaluations, of.seconds)
