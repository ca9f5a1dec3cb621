"""How gates were held, in the cells of a table: what was found, what was wanted, what of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import UNSET

from robaudit.phrases import printable, what_decides
from robaudit.record.schema.numbers import given
from robaudit.record.schema.verdict import GateRecord, SuppressionRecord, VerdictRecord
from robaudit_report.view import words

MOST_GATES = 20
"""Of more, all but the worst are folded away."""

_SHARES = ("accuracy", "crossing-rate", "robust-accuracy", "mean-corruption-error", "detection")
_TITLES = {
    "accuracy": "Clean accuracy",
    "gini": "Inequality (Gini)",
    "detection": "Detection of examples (AUROC)",
}
_ORDER = ("failed", "inconclusive", "passed")


@dataclass(frozen=True)
class GateRow:
    """One gate, in words; ``notes`` say what else there is to know of it.

    ``baseline`` and ``until`` are empty where there is no baseline, and nothing lets the gate be.
    """

    outcome: str
    title: str
    notes: Sequence[str]
    found: str
    interval: str
    wanted: str
    baseline: str
    before: str
    until: str
    why: str


def gate_rows(gates: Sequence[GateRecord]) -> list[GateRow]:
    """Give the rows of a table of gates, those that failed first."""
    rows = [_row(gate) for gate in gates]
    return sorted(rows, key=lambda row: (_ORDER.index(row.outcome), bool(row.until)))


def counts(gates: Sequence[GateRecord]) -> str:
    """Say how many gates came out which way.

    >>> counts([])
    ''
    """
    outcomes = [gate.outcome for gate in gates]
    return ", ".join(f"{outcomes.count(name)} {name}" for name in _ORDER if name in outcomes)


def reasons_of_no_gate(verdict: VerdictRecord) -> list[str]:
    """List what bears on a verdict and is no gate's: suppressions that have run out."""
    return [printable(reason.sentence) for reason in verdict.reasons if reason.gate is None]


def suppression_rows(verdict: VerdictRecord) -> list[Sequence[str]]:
    """Give the rows of a table of suppressions: gate, class, model, until, state, reason."""
    return [
        [
            printable(one.gate or "any"),
            printable(one.class_name or "any"),
            printable(one.model or "any"),
            printable(one.until),
            _state(one),
            printable(one.reason),
        ]
        for one in verdict.suppressions
    ]


def _state(suppression: SuppressionRecord) -> str:
    if suppression.expired:
        return "has run out"
    return "in use" if suppression.used else "not needed"


def _row(gate: GateRecord) -> GateRow:
    suppressed, before = given(gate.suppressed, None), given(gate.before, None)
    return GateRow(
        outcome=gate.outcome,
        title=_title(gate),
        notes=list(_notes(gate)),
        found=_found(gate, gate.value),
        interval=_interval(gate),
        wanted=f"{'at least' if gate.better == 'higher' else 'at most'} {_threshold(gate)}",
        baseline=given(gate.state, None) or "",
        before="" if before is None else _written(gate, before),
        until=printable(suppressed.until) if suppressed else "",
        why=printable(suppressed.reason) if suppressed else "",
    )


def _is_drop(gate: GateRecord) -> bool:
    return given(gate.bound, None) == "max-drop"


def _title(gate: GateRecord) -> str:
    name = _TITLES.get(gate.metric, gate.metric.replace("-", " ").capitalize())
    of_class, attack = given(gate.of_class, None), given(gate.attack, None)
    parts = ["Loss of", name[:1].lower() + name[1:]] if _is_drop(gate) else [name]
    if of_class == "worst":
        parts.append("of the worst class")
    elif of_class is not None:
        parts.append(f"of class {of_class}")
    if attack:
        parts.append(f"under {attack}")
    return printable(" ".join(parts))


def _notes(gate: GateRecord) -> list[str]:
    notes, of, source = [], given(gate.to_decide, None), given(gate.source, None)
    if of is not None:
        notes.append(
            what_decides(of.samples, of.there, of.rays, of.forward_evaluations, of.seconds)
        )
    if given(gate.level, None) == "warning":
        notes.append("warns only")
    if gate.outcome == "inconclusive" and (then := given(gate.on_inconclusive, None)):
        notes.append(f"inconclusive counts as {then}")
    if spent := given(gate.given_up, None):
        notes.append(f"{_found(gate, spent)} of it given up by earlier baselines")
    if source is not None:
        notes.append(f"{source.file}, line {source.line}")
    return [printable(note) for note in notes]


def _written(gate: GateRecord, value: float | None) -> str:
    return words.percent(value) if gate.metric in _SHARES else words.number(value)


def _found(gate: GateRecord, value: float | None) -> str:
    if value is None or not _is_drop(gate):
        return _written(gate, value)
    return f"{100 * value:.1f} points" if gate.metric in _SHARES else f"{value:.4f}"


def _threshold(gate: GateRecord) -> str:
    if gate.metric not in _SHARES:
        return f"{gate.threshold:g}"
    return f"{100 * gate.threshold:g}" + (" points" if _is_drop(gate) else "%")


def _interval(gate: GateRecord) -> str:
    """Write its interval; one that is not at 95 %, as all others, says so."""
    reason, looks = given(gate.reason, None), given(gate.looks, None)
    if gate.low is None and gate.high is None:
        return printable(f"no interval: {reason}") if reason else "no interval"
    interval = words.estimate_interval(gate, lambda end: _found(gate, end))
    if gate.error is UNSET or abs(gate.error - 0.05) < 1e-9:
        return interval
    return f"{interval} at {1 - gate.error:.1%}" + (f", for up to {looks} looks" if looks else "")
