"""The cross-entropy of scores of every kind, and its gradient."""

import numpy as np
import pytest

from robaudit.errors import UsageError
from robaudit.losses import cross_entropy, cross_entropy_cotangent, one_hot
from robaudit.types import ScoreKind
from tests.support.affine_models import KINDS, affine, some_inputs


@pytest.mark.parametrize("kind", KINDS)
def test_cotangents_are_differences_of_the_loss(kind: ScoreKind) -> None:
    x, y = some_inputs(6)
    scores = affine(kind)[0].predict(x / 10)
    soft = np.random.default_rng(2).dirichlet(np.ones(5), size=6)
    for targets in (one_hot(y, 5), soft):
        cotangent = cross_entropy_cotangent(scores, targets, kind)
        for column in range(5):
            offset = 1e-6 * np.eye(5)[column]
            higher, lower = (cross_entropy(scores + s * offset, targets, kind) for s in (1, -1))
            np.testing.assert_allclose(
                cotangent[:, column], (higher - lower) / 2e-6, rtol=1e-5, atol=1e-6
            )


def test_probabilities_of_zero_have_a_finite_loss() -> None:
    scores = np.array([[1, 0]], dtype=np.float32)
    targets = one_hot(np.array([1]), 2)
    assert np.isfinite(cross_entropy(scores, targets, "probabilities")).all()
    assert np.isfinite(cross_entropy_cotangent(scores, targets, "probabilities")).all()


def test_labels_have_no_loss() -> None:
    scores = one_hot(np.array([1]), 2)
    for function in (cross_entropy, cross_entropy_cotangent):
        with pytest.raises(UsageError, match="a loss of labels"):
            function(scores, scores, "labels")
