"""When two ways to compute the same scores agree."""

import numpy as np

from robaudit.types import FloatArray

_TOLERANCE = 1e-3
_HALF_TOLERANCE = 2e-2


def agree(scores: FloatArray, others: FloatArray) -> bool:
    """Compare two sets of scores, such as (n, classes), relative to the largest finite one.

    What is infinite, or no number, in both is the same.
    """
    if scores.shape != others.shape:
        return False
    tolerance = _HALF_TOLERANCE if scores.dtype == np.float16 else _TOLERANCE
    wide = scores.astype(np.float64)
    size = np.abs(wide[np.isfinite(wide)]).max(initial=0.0)
    other = others.astype(np.float64)
    return np.allclose(other, wide, rtol=0, atol=tolerance * size, equal_nan=True)
