"""Points on rays, and probes: what gives the scores of a model there."""

import numpy as np

from robaudit.types import Bound, Classifier, FloatArray, IntArray, Predict, Probe, Prober


def points_on_rays(
    samples: FloatArray, directions: FloatArray, distances: FloatArray, low: Bound, high: Bound
) -> FloatArray:
    """Compute ``clip(sample + distance * direction, low, high)``, row by row.

    ``samples`` and ``directions`` are (n, *shape) float32, signed ``distances`` (n,).
    """
    points = directions * distances.astype(np.float32).reshape(-1, *[1] * (samples.ndim - 1))
    points += samples
    return np.clip(points, low, high, out=points)


def direct_prober(predict: Predict) -> Prober:
    """Make a prober that computes its points with NumPy and asks ``predict``."""

    def bind(x: FloatArray, directions: FloatArray, low: Bound, high: Bound) -> Probe:
        def probe(sample: IntArray, direction: IntArray, distance: FloatArray) -> FloatArray:
            points = points_on_rays(x[sample], directions[direction], distance, low, high)
            return predict(points)

        return probe

    return bind


def make_probe(
    classifier: Classifier, x: FloatArray, directions: FloatArray, *, clip: bool
) -> Probe:
    """Bind samples (S, *shape) and directions (K, *shape) to a classifier's probe."""
    spec = classifier.spec
    low, high = (spec.low, spec.high) if clip else (-np.inf, np.inf)
    return (classifier.prober or direct_prober(classifier.predict))(x, directions, low, high)
