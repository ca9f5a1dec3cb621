"""How a record did at its gates, in words."""

from typing import NamedTuple

from msgspec import UNSET

from robaudit.phrases import gates_of, printable, what_decides
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.comparison import ComparisonRecord
from robaudit.record.schema.numbers import given
from robaudit.record.schema.verdict import GateRecord, SuppressionRecord, VerdictRecord
from robaudit_report.view.words import estimate_interval, number


class Line(NamedTuple):
    """A sentence on what a verdict rests on; ``outcome`` says how it bears on it, "" not at all."""

    mark: str
    outcome: str
    sentence: str


def lines(record: AuditRecord | ComparisonRecord) -> list[Line]:
    """List all that a verdict rests on: gates, other reasons, what lets gates be, the baseline."""
    verdict = _verdict(record)
    found = [
        Line(f"gate {gate.outcome}", gate.outcome, gate_sentence(gate) + _let_be(gate))
        for gate in given(record.gates, [])
    ]
    if verdict is None:
        return found
    found += [
        Line(reason.severity, reason.severity, printable(reason.sentence))
        for reason in verdict.reasons
        if reason.gate is None
    ]
    found += [_suppression(one) for one in verdict.suppressions if not one.expired]
    if against := held_against(verdict):
        found.append(Line("baseline", "", against))
    return found


def _let_be(gate: GateRecord) -> str:
    suppressed = given(gate.suppressed, None)
    return f"; let be until {suppressed.until}" if suppressed is not None else ""


def _suppression(one: SuppressionRecord) -> Line:
    """Say what a suppression is on; one that has run out is a reason of the verdict."""
    what = gates_of(one.gate, one.class_name, one.model)
    return Line(
        f"suppression {'used' if one.used else 'not used'}",
        "warning",
        f"lets {what} be until {one.until}: {printable(one.reason)}",
    )


def held_against(verdict: VerdictRecord) -> str:
    """Say which baseline an audit was held against, and what became of that file."""
    baseline = verdict.baseline
    if baseline is None:
        return ""
    parts = [f"Held against {baseline.file}, of {baseline.model} on {baseline.created[:10]}"]
    if baseline.missing:
        parts.append(f"cannot be compared: {baseline.missing}")
    if baseline.updated is not None:
        parts.append(
            ("replaced by this audit" if baseline.updated else "left as it was")
            + (f": {baseline.why}" if baseline.why else "")
        )
    return printable("; ".join(parts)) + "."


def verdict_line(record: AuditRecord | ComparisonRecord) -> tuple[str, str]:
    """Give what all gates come to, "" without any, and the sentence that says it first."""
    verdict = _verdict(record)
    if verdict is None:
        return "", ""
    return verdict.outcome or "", printable(verdict.sentence)


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
