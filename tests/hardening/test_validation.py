"""Models are judged by accuracy and margin, worked out by hand."""

import numpy as np
import pytest

from robaudit import SearchPlan
from robaudit.hardening.validation import make_judge
from robaudit.testing import affine_classifier
from tests.support.affine_hardening import SIZE


def test_the_judge_knows_accuracy_and_margin() -> None:
    """All samples on one side of a plane: the restricted mean is computed by hand."""
    weights = np.zeros((SIZE * SIZE, 2))
    weights[0, 1] = 1.0  # class 1 where the first pixel is above 0.5
    classifier = affine_classifier(weights, np.array([0.0, -0.5]), (1, SIZE, SIZE))
    x = np.full((10, 1, SIZE, SIZE), 0.4, dtype=np.float32)
    y = np.array([0] * 8 + [1] * 2)
    plan = SearchPlan(samples=10, directions=16, step=0.01, steps=20, clip=False)
    judge = make_judge(classifier, x, y, plan, 4)
    first = judge.directions.reshape(16, -1)[:, 0]
    exact = []
    for way in (*first, *-first):
        reached = np.inf if way <= 0 else 0.1 / way
        exact.append(min(0.2, np.ceil(reached / 0.01) * 0.01 if np.isfinite(reached) else 0.2))
    found = judge(classifier)
    assert found.accuracy == pytest.approx(0.8)
    assert found.restricted_mean == pytest.approx(0.8 * np.mean(exact), abs=1e-3)
    alone = judge.accuracy(classifier)
    assert alone.accuracy == found.accuracy
    assert [part.tolist() for part in alone.right] == [part.tolist() for part in found.right]
    assert np.isnan(alone.restricted_mean)


def test_inputs_of_few_numbers_are_searched_along_all_directions_there_are() -> None:
    classifier = affine_classifier(np.eye(4)[:, :2], np.zeros(2), (4,))
    x = np.linspace(0, 1, 24, dtype=np.float32).reshape(6, 4)
    y = np.array([0, 1] * 3)
    judge = make_judge(classifier, x, y, SearchPlan(samples=6, directions=16, steps=20), 4)
    assert judge.directions.shape == (4, 4)
    assert 0 <= judge(classifier).restricted_mean <= 20 * judge.plan.step
