"""The figure that a gate is on: of the whole model, under an attack, of a class."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from robaudit.attacks.run import lowest_share
from robaudit.errors import UsageError
from robaudit.metrics.deciding import ERROR
from robaudit.metrics.estimating import NONE_RIGHT, SEARCHED, counted, estimate_figure
from robaudit.metrics.figures import (
    ACCURACY,
    BESIDE,
    MEAN_MARGIN,
    OF_RIGHT,
    ROBUST_ACCURACY,
    TO_MEASURE,
    WORST_CLASS,
    Figure,
)
from robaudit.metrics.gates import EACH, WORST, Gate
from robaudit.metrics.margins import measure_margins
from robaudit.record.findings import Attacked, Findings
from robaudit.record.headline_figures import (
    headlines,
    headlines_beside,
    headlines_right_at_start,
)
from robaudit.stats.bounded import share_interval
from robaudit.stats.naming import error_of_each
from robaudit.types import BoolArray, Estimate, IntArray


@dataclass(frozen=True)
class Gated:
    """A gate on one figure: ``class_index`` is the class of one on a class by its name.

    ``worst_class`` is the class found to be worst, of a gate on that one.
    """

    gate: Gate
    estimate: Estimate
    error: float = ERROR
    class_index: int | None = None
    worst_class: int | None = None


def class_named(name: str, findings: Findings) -> int:
    """Find a class by its name, or its number; raises UsageError where there is none."""
    model = findings.audit_record.model
    names = [model.name_of(index) for index in range(model.classes)]
    if name in names:
        return names.index(name)
    if name.isdecimal() and int(name) < model.classes:
        return int(name)
    raise UsageError(
        f"a gate on class {name!r}, which the model does not have",
        expected=f"{WORST}, {EACH}, or one of {', '.join(names[:20])}",
    )


def with_each_class(gate: Gate, findings: Findings) -> list[Gate]:
    """Give the gates that one on each class stands for, one a class; else it alone."""
    if gate.of_class != EACH:
        return [gate]
    model = findings.audit_record.model
    return [replace(gate, of_class=model.name_of(index)) for index in range(model.classes)]


def estimate_gated(gate: Gate, findings: Findings, error: float = ERROR) -> Gated:
    """Estimate the figure of a gate, drops left aside; its interval misses with ``error``.

    Raises UsageError for a figure that was not measured.
    """
    figure = gate.figure
    if figure in BESIDE:
        return Gated(gate, _beside(figure, findings))
    if gate.of_class is None and figure != ROBUST_ACCURACY:
        return Gated(gate, _of_model(figure, findings, error), error)
    if gate.of_class is None:
        return Gated(gate, _robust_accuracy(gate, findings, error), error)
    if gate.of_class == WORST:
        return _worst(gate, findings, error)
    index = class_named(gate.of_class, findings)
    estimate = _of_classes(gate, findings, error)[index]
    return Gated(gate, estimate, error, class_index=index)


def _of_model(figure: Figure, findings: Findings, error: float) -> Estimate:
    """Give a figure of the whole model, as the record has it where the error is the usual one."""
    record = findings.audit_record
    if error != ERROR and figure in SEARCHED and not record.randomised:
        return estimate_figure(figure, findings.tally, findings.plan, error)
    if error != ERROR and figure == ACCURACY and findings.labels is not None:
        right = findings.predicted == findings.labels
        return share_interval(int(right.sum()), len(right), error)
    right = headlines_right_at_start(record)
    known = {**headlines(record), **{OF_RIGHT[one]: of for one, of in right.items()}}
    found = known.get(figure)
    if found is None:
        return Estimate(None, None, None, reason=NONE_RIGHT)
    if found.value is None and figure == ACCURACY:
        raise UsageError("a gate on accuracy without labels", expected="labelled data")
    return found


def _beside(figure: Figure, findings: Findings) -> Estimate:
    """Give a figure of `BESIDE`, as the record has it."""
    found = headlines_beside(findings.audit_record).get(figure)
    if found is None:
        raise UsageError(
            f"a gate on {figure.name}, which was not measured", expected=TO_MEASURE[figure]
        )
    return found


def adversaries(findings: Findings) -> list[int]:
    """Give the places, among attacks, of the adversaries that ran."""
    attacks = findings.audit_record.attacks
    return [i for i, attack in enumerate(attacks) if attack.is_adversary and not attack.skipped]


def attack_place(name: str, findings: Findings) -> int:
    """Find an attack that ran by its name; raises UsageError where none of it did."""
    attacks = findings.audit_record.attacks
    for place, attack in enumerate(attacks):
        if attack.name == name and not attack.skipped:
            return place
    why = next((attack.skipped for attack in attacks if attack.name == name), None)
    raise UsageError(
        f"a gate on attack {name!r}, which did not run" + (f" ({why})" if why else ""),
        expected="one of those that did: "
        + (", ".join(attack.name for attack in attacks if not attack.skipped) or "none"),
        advice="" if why else f"Ask for it: `attack={name}`.",
    )


def _robust_accuracy(gate: Gate, findings: Findings, error: float) -> Estimate:
    record = findings.audit_record
    if gate.attack is not None:
        place = attack_place(gate.attack, findings)
        if error == ERROR:
            found = record.attacks[place].accuracy
            return Estimate(found.value, found.low, found.high)
        good = _held(findings, place)[0]
        return share_interval(int(good.sum()), len(good), error)
    places = adversaries(findings)
    if not places:
        raise UsageError(
            "a gate on robust accuracy, and no adversary ran",
            expected="attacks that look for the worst, such as `attacks=quick`",
        )
    total = record.attack_plan.samples if record.attack_plan else 0
    shares = [record.attacks[place].accuracy.value or 0.0 for place in places]
    return lowest_share([round(share * total) for share in shares], total, error)


def _worst(gate: Gate, findings: Findings, error: float) -> Gated:
    """Estimate the worst class of a figure.

    It is no better than any class: a bound on its good side allows for all of them (Sidak),
    one on its bad side needs no allowance (Berger, Technometrics 24, 1982).
    """
    if gate.figure in (MEAN_MARGIN, WORST_CLASS):
        return Gated(
            gate,
            _of_model(WORST_CLASS, findings, error),
            error,
            worst_class=findings.audit_record.inequality.worst_class,
        )
    alone = _of_classes(gate, findings, error)
    count = sum(estimate.value is not None for estimate in alone)
    together = _of_classes(gate, findings, 2 * error_of_each(error / 2, count))
    sign = 1 if gate.figure.better == "higher" else -1
    known = [i for i, estimate in enumerate(alone) if estimate.value is not None]
    if not known:
        return Gated(gate, Estimate(None, None, None, reason="no class has samples"), error)
    worst = min(known, key=lambda index: sign * (alone[index].value or 0.0))
    bad = [_end(alone[index], -sign) for index in known]
    good = [_end(together[index], sign) for index in known]
    if None in bad or None in good:
        reason = "a class has too few samples"
        return Gated(gate, Estimate(alone[worst].value, None, None, reason=reason), error,
                     worst_class=worst)  # fmt: skip
    first = sign * min(sign * end for end in bad if end is not None)
    last = sign * min(sign * end for end in good if end is not None)
    low, high = sorted((first, last))
    return Gated(gate, Estimate(alone[worst].value, low, high), error, worst_class=worst)


def _end(estimate: Estimate, sign: int) -> float | None:
    return estimate.high if sign > 0 else estimate.low


def _of_classes(gate: Gate, findings: Findings, error: float) -> list[Estimate]:
    """Estimate a figure of every class, those without samples without a number."""
    figure, classes = gate.figure, findings.classes
    if figure == ACCURACY:
        if findings.labels is None:
            raise UsageError("a gate on accuracy without labels", expected="labelled data")
        return _shares(findings.predicted == findings.labels, findings.labels, classes, error)
    if figure == ROBUST_ACCURACY:
        return _held_by_class(gate, findings, error)
    nothing = Estimate(None, None, None, reason="no sample of the class was searched")
    estimates = [nothing] * classes
    of_all, tally = counted(figure, findings.tally)
    if len(tally.origin):
        margins = measure_margins(tally, findings.plan, error)
        for of_class in margins.per_class:
            estimates[of_class.class_index] = (
                of_class.restricted_mean
                if of_all in (MEAN_MARGIN, WORST_CLASS)
                else of_class.crossing_rate
            )
    return estimates


def _held(findings: Findings, place: int) -> tuple[BoolArray, IntArray]:
    """Mark the samples (T,) that held against an attack, and give their reference classes."""
    found = findings.attacks[place] if place < len(findings.attacks) else None
    if found is None:
        raise UsageError(
            "a gate on an attack of which only the record is left",
            expected="attacks.npz beside audit.json",
        )
    return ~found.success, _origin(findings, found)


def _origin(findings: Findings, attacked: Attacked) -> IntArray:
    order = np.argsort(findings.rows)
    places = order[np.searchsorted(findings.rows, attacked.rows, sorter=order)]
    return np.asarray(findings.origin[places])


def _held_by_class(gate: Gate, findings: Findings, error: float) -> list[Estimate]:
    if gate.attack is not None:
        held, origin = _held(findings, attack_place(gate.attack, findings))
        return _shares(held, origin, findings.classes, error)
    places = adversaries(findings)
    if not places:
        _robust_accuracy(gate, findings, error)  # says that none ran
    least: Sequence[Estimate] = ()
    for place in places:
        held, origin = _held(findings, place)
        each = _shares(held, origin, findings.classes, error / len(places))
        least = [
            min(pair, key=lambda estimate: 2.0 if estimate.value is None else estimate.value)
            for pair in zip(least or each, each, strict=True)
        ]
    return list(least)


def _shares(good: BoolArray, of_class: IntArray, classes: int, error: float) -> list[Estimate]:
    totals = np.bincount(of_class, minlength=classes).tolist()
    counts = np.bincount(of_class[good], minlength=classes).tolist()
    return [share_interval(*pair, error) for pair in zip(counts, totals, strict=True)]
