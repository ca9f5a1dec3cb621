"""Gates to start with: what a model passes today, and will pass on new samples."""

import math
from collections.abc import Iterator

import numpy as np

from robaudit.metrics.figures import (
    ACCURACY,
    CROSSING_RATE,
    MEAN_MARGIN,
    ROBUST_ACCURACY,
    Figure,
)
from robaudit.metrics.gates import WORST, Gate
from robaudit.record.findings import Findings
from robaudit.record.headline_figures import headlines
from robaudit.stats.prediction import bound_of_new_mean, lowest_of_new_share
from robaudit.verdict.gated import Gated, adversaries, estimate_gated

ERROR = 0.05
"""The chance that any of the gates is not passed on new samples by a model that is the same."""


def starting_gates(findings: Findings) -> list[Gated]:
    """Make gates that the same model passes on as many new samples, all of them in 95 %.

    They are on accuracy and that of the worst class where there are labels, robust accuracy
    where adversaries ran, the restricted mean margin and the crossing rate: those of which
    there is an interval. Each takes an equal share of the error (Bonferroni), and of it each
    class, or adversary, of the worst of them; thresholds are rounded away from today's figure.
    """
    wanted: list[tuple[Figure, str | None]] = [(MEAN_MARGIN, None), (CROSSING_RATE, None)]
    if adversaries(findings):
        wanted.insert(0, (ROBUST_ACCURACY, None))
    if findings.labels is not None:
        wanted = [(ACCURACY, None), (ACCURACY, WORST), *wanted]
    return list(_starts(wanted, findings))


def says_something(gate: Gate) -> bool:
    """Tell whether any model could fail a gate: none loses more than all there is."""
    return gate.threshold > 0 if gate.better == "higher" else gate.threshold < 1


def _starts(wanted: list[tuple[Figure, str | None]], findings: Findings) -> Iterator[Gated]:
    for figure, of_class in wanted:
        bound = _bound(figure, of_class, findings, ERROR / len(wanted))
        if bound is not None:
            gate = Gate(figure, _rounded(bound, up=figure.better == "lower"), of_class=of_class)
            yield estimate_gated(gate, findings)


def _bound(figure: Figure, of_class: str | None, findings: Findings, error: float) -> float | None:
    if figure == ACCURACY and findings.labels is not None:
        right = findings.predicted == findings.labels
        if of_class is None:
            return lowest_of_new_share(int(right.sum()), len(right), error)
        totals = np.bincount(findings.labels)
        counts = np.bincount(findings.labels[right], minlength=len(totals))
        pairs = [pair for pair in zip(counts.tolist(), totals.tolist(), strict=True) if pair[1]]
        return min(lowest_of_new_share(n, total, error / len(pairs)) for n, total in pairs)
    record = findings.audit_record
    if figure == ROBUST_ACCURACY:
        total = record.attack_plan.samples if record.attack_plan else 0
        places = adversaries(findings)
        held = [round((record.attacks[place].accuracy.value or 0.0) * total) for place in places]
        return min(lowest_of_new_share(count, total, error / len(places)) for count in held)
    samples, directions = len(findings.rows), findings.plan.directions
    return bound_of_new_mean(
        headlines(record)[figure],
        error,
        max(1, min(samples, directions) - 1),
        above=figure.better == "lower",
        most=findings.plan.reach if figure == MEAN_MARGIN else 1.0,
    )


def _rounded(bound: float, *, up: bool) -> float:
    """Round to three digits behind the point, or three that count, on the bad side.

    >>> _rounded(0.95678, up=False), _rounded(0.0012345, up=True)
    (0.956, 0.00124)
    """
    if bound <= 0:
        return 0.0
    digits = max(3, 2 - math.floor(math.log10(bound)))
    scale = 10.0**digits
    return (math.ceil if up else math.floor)(bound * scale) / scale
