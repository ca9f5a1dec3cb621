"""Figures beside those of the search, of two audits of the same samples: paired by these."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from robaudit.comparison.rows import Subject, row
from robaudit.metrics.figures import BESIDE, CLOSEST, Figure
from robaudit.record.beside import ESTIMATES
from robaudit.record.findings import Findings
from robaudit.record.headline_figures import headlines_beside
from robaudit.record.schema.comparison import DifferenceRecord
from robaudit.record.schema.numbers import given
from robaudit.stats.bootstrap import RESAMPLES, bootstrap_weights
from robaudit.stats.medians import MedianDifference, median_difference
from robaudit.stats.paired import Difference
from robaudit.stats.paired_values import mean_difference
from robaudit.types import FloatArray

_RESAMPLES, _MOST_NUMBERS = 10_000, 10_000_000
_NOT_KNOWN = "what it was of each sample is not known (no attacks.npz)"
_NO_PAIRS = "it is not paired by samples"


@dataclass(frozen=True)
class Pair:
    """A figure before and after, and its values of the same samples (T,)."""

    figure: Figure
    figures: tuple[float | None, float | None]
    before: FloatArray
    after: FloatArray
    seed: int

    def difference(self, error: float = 0.05) -> Difference:
        """Estimate the difference, after less before; the interval misses with ``error``."""
        if self.figure != CLOSEST:
            return mean_difference(self.before, self.after, error)
        return self._medians.interval(error)

    @cached_property
    def _medians(self) -> MedianDifference:
        alike = np.zeros(len(self.before), dtype=np.int64)
        resamples = max(RESAMPLES, min(_RESAMPLES, _MOST_NUMBERS // max(1, len(alike))))
        weights = bootstrap_weights(alike, self.seed, resamples, rescaled=True)
        return median_difference(self.before, self.after, weights, 1.0)


def pair_beside(figure: Figure, before: Findings, after: Findings) -> Pair | str:
    """Pair a figure of two audits, or say why it cannot be."""
    found = tuple(headlines_beside(each.audit_record).get(figure) for each in (before, after))
    if found[0] is None or found[1] is None:
        which = "baseline" if found[0] is None else "audit after"
        return f"the {which} did not measure it"
    if figure not in ESTIMATES:
        return _NO_PAIRS
    one, other = before.beside.get(figure), after.beside.get(figure)
    if one is None or other is None:
        return _NOT_KNOWN
    reasons = {
        "it was measured on other samples": not np.array_equal(one.rows, other.rows),
        "it was measured by other means": _means(figure, before) != _means(figure, after),
        "for half of the samples nothing was found": None in (found[0].value, found[1].value),
    }
    for reason, holds in reasons.items():
        if holds:
            return reason
    values = (one.values.astype(np.float64), other.values.astype(np.float64))
    return Pair(figure, (found[0].value, found[1].value), *values, before.plan.seed)


def _means(figure: Figure, findings: Findings) -> object:
    """Say by what a figure was measured, which must be the same where two are compared."""
    record = findings.audit_record
    if figure == CLOSEST:
        closest = given(record.closest, None)
        looked = () if closest is None else given(closest.looked, ())
        return sorted((one.name, sorted(one.parameters.items())) for one in looked)
    corruptions = None if (beside := given(record.measures, None)) is None else beside.corruptions
    if corruptions is None:
        return None
    return corruptions.severities, [one.name for one in corruptions.corruptions]


def beside_rows(before: Findings, after: Findings) -> Iterator[DifferenceRecord]:
    """Compare the figures that both audits measured."""
    one, other = (headlines_beside(each.audit_record) for each in (before, after))
    for figure in BESIDE:
        if figure in one and figure in other:
            values = (one[figure].value, other[figure].value)
            pair = pair_beside(figure, before, after)
            if isinstance(pair, str):
                yield row(figure, Subject(), *values, None, pair)
            else:
                yield row(figure, Subject(), *values, pair.difference())
