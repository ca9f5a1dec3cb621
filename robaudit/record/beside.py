"""What figures beside those of the search were of each sample: taken, written and read back.

`robaudit.metrics.figures.BESIDE` names the figures; those that have a value a sample are here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from robaudit.attacks.agreement.by_sample import closest_boundary
from robaudit.attacks.common_corruptions.error import mean_error
from robaudit.audit import Audit
from robaudit.metrics.figures import CLOSEST, CORRUPTION_ERROR, Figure
from robaudit.storage.checked_arrays import numbers, require
from robaudit.storage.npz import Archive
from robaudit.types import Estimate, FloatArray, IntArray


@dataclass(frozen=True)
class Sampled:
    """What a figure was of samples, which are ``rows`` (T,) of the data: ``values`` (T,)."""

    rows: IntArray
    values: FloatArray


Beside = Mapping[Figure, Sampled]

ESTIMATES = {CLOSEST: closest_boundary, CORRUPTION_ERROR: mean_error}
"""Figures that have a value a sample, and how they are estimated from these."""


def sampled_beside(audit: Audit) -> dict[Figure, Sampled]:
    """Take from an audit what was measured beside its search, sample by sample."""
    assessment = audit.assessment
    if assessment is None:
        return {}
    found: dict[Figure, FloatArray] = {}
    if assessment.agreement is not None:
        found[CLOSEST] = assessment.agreement.closest.distance
    if assessment.measured is not None and assessment.measured.corruptions is not None:
        found[CORRUPTION_ERROR] = assessment.measured.corruptions.wrong.mean(axis=(0, 1))
    rows = audit.samples.rows[assessment.places]
    return {figure: Sampled(rows, values.astype(np.float32)) for figure, values in found.items()}


def columns_of(beside: Beside) -> dict[str, FloatArray]:
    """Give the columns (T,) that it is written as, by the names of figures."""
    return {figure.name: sampled.values for figure, sampled in beside.items()}


def read_beside(arrays: Archive, rows: IntArray) -> dict[Figure, Sampled]:
    """Read such columns of samples ``rows`` (T,), those that there are."""
    return {
        figure: Sampled(rows, _read(arrays, figure.name, rows))
        for figure in ESTIMATES
        if figure.name in arrays.names
    }


def _read(arrays: Archive, name: str, rows: IntArray) -> FloatArray:
    values = numbers(arrays, name, rows.shape)
    require(bool((values >= 0).all()), name)
    return values


def estimate_beside(figure: Figure, values: FloatArray) -> Estimate:
    """Estimate a figure from its values (T,)."""
    return ESTIMATES[figure](values.astype(np.float64))
