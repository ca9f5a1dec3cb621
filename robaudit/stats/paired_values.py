"""How sure the difference of two means is, of values of the same samples."""

import numpy as np

from robaudit.stats.bounded import CHANGES, bounds, p_values, widest_change
from robaudit.stats.means import simple_mean
from robaudit.stats.paired import Difference
from robaudit.types import FloatArray


def mean_difference(before: FloatArray, after: FloatArray, error: float = 0.05) -> Difference:
    """Estimate a mean after less that before, of values in 0..1 of the same samples (n,).

    Student's interval of the differences, after one more sample that changes as much as any did
    (`bounded.bounds`); it misses with a chance of ``error``. None for a single sample.
    """
    change = np.asarray(after - before, dtype=np.float64)
    mean = simple_mean(change)
    if len(change) < 2:
        return Difference(float(mean.value), None, None, None)
    unseen = widest_change(change)
    low, high = (float(end) for end in bounds(mean, CHANGES, error, unseen))
    p_value = float(p_values(mean, unseen=unseen))
    return Difference(float(mean.value), low, high, p_value)
