"""Probes of ONNX models beside their predictions."""

import numpy as np

from robaudit import Classifier
from robaudit.predicting import points_on_rays
from robaudit.types import Bound, FloatArray, Probe

random = np.random.default_rng(0)
RAYS = 11
SAMPLE, DIRECTION = random.integers(0, 4, RAYS), random.integers(0, 6, RAYS)
DISTANCE = random.normal(0, 0.3, RAYS)


def bind(
    classifier: Classifier, low: Bound, high: Bound, *, negative: bool = True
) -> tuple[Probe, FloatArray]:
    """Bind four samples and six directions; also give the points that `RAYS` rays lead to."""
    shape = classifier.spec.shape
    x = np.random.default_rng(1).random((4, *shape)).astype(np.float32)
    directions = np.random.default_rng(2).normal(size=(6, *shape)).astype(np.float32)
    assert classifier.prober is not None
    points = points_on_rays(x[SAMPLE], directions[DIRECTION], DISTANCE, low, high)
    assert (points < 0).any() == negative
    return classifier.prober(x, directions, low, high), points


def assert_same_scores(probe: Probe, classifier: Classifier, points: FloatArray) -> None:
    """Check a probe against what the classifier predicts at the points of `bind`."""
    found, wanted = probe(SAMPLE, DIRECTION, DISTANCE), classifier.predict(points)
    assert found.dtype == wanted.dtype
    tolerance = 1e-3 if found.dtype == np.float16 else 1e-5
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


def assert_fused(classifier: Classifier, proofs: list[bool]) -> None:
    """Check the fused graph with a box, with none, and with one that differs by pixel."""
    inset = np.linspace(0, 0.2, classifier.spec.dimension, dtype=np.float32)
    inset = inset.reshape(classifier.spec.shape)
    for low, high in ((0.0, 1.0), (-np.inf, np.inf), (inset, 1 - inset), (-np.inf, 1 - inset)):
        proofs.clear()
        unclipped = bool(np.isinf(low).any())
        probe, points = bind(classifier, low, high, negative=unclipped)
        assert proofs == [True]
        assert_same_scores(probe, classifier, points)
