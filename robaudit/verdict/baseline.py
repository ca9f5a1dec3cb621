"""Gates held against a baseline: what became worse, or better, by more than chance."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from msgspec.structs import replace

from robaudit.comparison.comparable import reasons_against
from robaudit.metrics.deciding import Looks
from robaudit.metrics.figures import ACCURACY, ROBUST_ACCURACY
from robaudit.metrics.gates import Gate
from robaudit.record.findings import Findings
from robaudit.record.schema.numbers import given
from robaudit.record.schema.verdict import BaselineRecord, GateRecord
from robaudit.types import Estimate
from robaudit.verdict.drops import Bounds, Drop, find_drop, no_drop
from robaudit.verdict.evaluate import evaluate_gate, evaluate_gates
from robaudit.verdict.gated import Gated, adversaries, with_each_class
from robaudit.verdict.presets import NOT_WORSE

ERROR = 0.01
"""How often chance alone makes any gate worse, or better: of all gates together."""


def usual_drops(before: Findings) -> list[Gate]:
    """Give the gates on drops that are held where none is asked for, of what a baseline has.

    Nothing may be worse beyond chance: accuracy, its worst class, the strongest adversary.
    """
    measured = {ACCURACY: before.labels is not None, ROBUST_ACCURACY: bool(adversaries(before))}
    return [gate for gate in NOT_WORSE if measured[gate.figure]]


def evaluate_against(
    gates: Sequence[Gate], findings: Findings, before: Findings, looks: Looks | None = None
) -> list[GateRecord]:
    """Hold an audit against gates, and against a baseline: what each was, and how it changed.

    A gate on a drop fails where the loss beyond its threshold is more than chance, and is
    inconclusive only where nothing can be compared. All gates share an error of 0.01 for
    each side (Holm's method). Gates that only the baseline was held to come last.

    Raises UsageError for a gate on what was not measured.
    """
    records = evaluate_gates(gates, findings, looks)
    held = [one for gate in gates for one in with_each_class(gate, findings)]
    reasons = reasons_against(before, findings)
    drops = [
        no_drop("; ".join(reasons)) if reasons else find_drop(gate, before, findings)
        for gate in held
    ]
    drops = [dataclasses.replace(drop, bounds=cache(drop.bounds)) for drop in drops]
    lost = shown_beyond(drops, [gate.threshold if gate.drop else 0.0 for gate in held])
    worse = shown_beyond(drops, [0.0] * len(held))
    better = shown_beyond([_turned(drop) for drop in drops], [0.0] * len(held))
    known = {given(gate.name, None): gate for gate in before.audit_record.gates}
    for place, (gate, drop) in enumerate(zip(held, drops, strict=True)):
        record, earlier = records[place], known.get(gate.name)
        if gate.drop:
            record = evaluate_gate(_gated(gate, drop, lost[place].error), findings)
            record = replace(record, given_up=given(earlier.given_up, None) if earlier else None)
        # A drop is from what the baseline found, whether that was gated or not.
        is_new = not gate.drop and (earlier is None or given(earlier.state, None) == "absent")
        state = "new" if is_new else "unchanged"
        if better[place].shown or worse[place].shown:
            state = "better" if better[place].shown else "worse"
        records[place] = replace(record, state=state, before=drop.before)
    names = {gate.name for gate in held}
    return [*records, *(_absent(gate) for name, gate in known.items() if name not in names)]


def describe_baseline(file: str, before: Findings, after: Findings) -> BaselineRecord:
    """Write down what an audit is held against."""
    record, reasons = before.audit_record, reasons_against(before, after)
    return BaselineRecord(
        file=file,
        model=record.model.name,
        sha256=record.model.sha256 or None,
        created=record.environment.created,
        comparable=not reasons,
        missing="; ".join(reasons) or None,
        updated=None,
        why=None,
    )


@dataclass(frozen=True)
class Shown:
    """Whether a drop is shown to be beyond a threshold, and the error its bound was given."""

    shown: bool
    error: float


def shown_beyond(drops: Sequence[Drop], thresholds: Sequence[float]) -> list[Shown]:
    """Tell which drops lie beyond their thresholds by more than chance, all of them together.

    Holm's method (Scandinavian Journal of Statistics 6, 1979), on bounds in the place of
    p-values: what is left is held to the error over how many they are, until none is shown.
    """
    left = [place for place, drop in enumerate(drops) if drop.missing is None]
    shown = {place: Shown(False, ERROR) for place in range(len(drops))}
    while left:
        each = ERROR / len(left)
        beyond = [at for at in left if _low(drops[at].bounds, each) > thresholds[at]]
        shown |= {at: Shown(at in beyond, each) for at in left}
        if not beyond:
            break
        left = [at for at in left if at not in beyond]
    return [shown[place] for place in range(len(drops))]


def _low(bounds: Bounds, error: float) -> float:
    low = bounds(error)[0]
    return float("-inf") if low is None else low


def _turned(drop: Drop) -> Drop:
    """Turn a drop into the gain that it is of."""

    def bounds(error: float) -> tuple[float | None, float | None]:
        low, high = drop.bounds(error)
        return (None if high is None else -high), (None if low is None else -low)

    return Drop(drop.value, drop.before, bounds, drop.missing)


def _gated(gate: Gate, drop: Drop, error: float) -> Gated:
    low, high = drop.bounds(error)
    return Gated(
        gate,
        Estimate(drop.value, low, high, reason=drop.missing),
        2 * error,
        class_index=drop.class_index,
        worst_class=drop.worst_class,
    )


def _absent(gate: GateRecord) -> GateRecord:
    """Say that a gate of the baseline is no longer there: a note, and nothing fails by it."""
    name = given(gate.name, gate.metric)
    return replace(
        gate,
        value=None,
        low=None,
        high=None,
        outcome="inconclusive",
        on_inconclusive="pass",
        reason="it is no longer asked for",
        to_decide=None,
        sentence=f"the gate {name}, which the baseline was held to, is no longer there",
        suppressed=None,
        state="absent",
        before=gate.value,
    )
