"""The model that is scanned: it needs no framework, whose import would take most of the time."""

import numpy as np

_WEIGHTS = np.random.default_rng(0).normal(size=(64, 10))


def predict(x: np.ndarray) -> np.ndarray:
    """Give scores (n, 10) of pictures (n, 1, 8, 8)."""
    flat = np.asarray(x, dtype=np.float64).reshape(len(x), 64) - 0.5
    return np.maximum(flat @ _WEIGHTS, -1)
