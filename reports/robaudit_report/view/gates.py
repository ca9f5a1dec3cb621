"""How a record did at its gates, in words."""

from msgspec import UNSET

from robaudit.phrases import printable, what_decides
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit.record.schema.verdict import GateRecord
from robaudit_report.view.words import estimate_interval, number


def gate_lines(record: AuditRecord) -> list[tuple[str, str]]:
    """List each gate's outcome and the sentence that goes with it."""
    return [(gate.outcome, _sentence(gate)) for gate in record.gates]


def gate_sentence(gate: GateRecord) -> str:
    """Say how a gate was done at, and what would decide it where it is not decided."""
    return _sentence(gate)


def verdict_line(record: AuditRecord) -> tuple[str, str]:
    """Give what all gates come to, "" without any, and the sentence that says it first."""
    verdict = given(record.verdict, None)
    if verdict is None:
        return "", ""
    return verdict.outcome or "", printable(verdict.sentence)


def _sentence(gate: GateRecord) -> str:
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
