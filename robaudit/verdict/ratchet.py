"""When an audit may take the place of its baseline: better in something, worse in nothing."""

from collections.abc import Sequence

from msgspec.structs import replace

from robaudit.attacks.run import INTERRUPTED
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit.record.schema.verdict import GateRecord


def may_replace(record: AuditRecord, gates: Sequence[GateRecord]) -> tuple[bool, str]:
    """Tell whether an audit held against these gates may replace its baseline, and why.

    One gate has to be better beyond chance. Every other gate has to be passed, or let be, and
    one on a drop shown to be within its threshold: its whole interval, on top of what earlier
    replacements gave up. No interval can show so of a threshold of 0; there nothing may be
    lost of the very same samples, so that figures of one baseline after the other never fall.
    """
    if any(attack.skipped == INTERRUPTED for attack in record.attacks):
        return False, INTERRUPTED
    held = [gate for gate in gates if given(gate.state, None) != "absent"]
    for gate in held:
        if gate.outcome != "passed" and not _is_let_be(gate):
            return False, f"{given(gate.name, gate.metric)} is not passed"
    better = [given(gate.name, gate.metric) for gate in held if given(gate.state, None) == "better"]
    if not better:
        return False, "no gate is better by more than chance"
    for gate in held:
        if given(gate.bound, None) == "max-drop" and not _is_within(gate):
            return False, (
                f"{given(gate.name, gate.metric)} is not shown to be within its max-drop of "
                f"{gate.threshold:g}{_spent(gate)}"
            )
    return True, f"better by more than chance: {', '.join(better)}"


def _is_let_be(gate: GateRecord) -> bool:
    """Tell whether a gate need not be passed for now; a loss is none the less a loss."""
    return given(gate.suppressed, None) is not None and given(gate.bound, None) != "max-drop"


def _is_within(gate: GateRecord) -> bool:
    if gate.value is None or gate.high is None:
        return False
    if gate.threshold == 0:
        return gate.value <= 0
    return (given(gate.given_up, None) or 0.0) + gate.high <= gate.threshold


def _spent(gate: GateRecord) -> str:
    spent = given(gate.given_up, None)
    return f", of which earlier baselines gave up {spent:.4f}" if spent else ""


def with_given_up(gates: Sequence[GateRecord]) -> list[GateRecord]:
    """Add to gates on drops what is given up where the baseline is replaced."""
    return [
        replace(gate, given_up=max(0.0, (given(gate.given_up, None) or 0.0) + gate.value))
        if given(gate.bound, None) == "max-drop" and gate.value is not None
        else gate
        for gate in gates
    ]
