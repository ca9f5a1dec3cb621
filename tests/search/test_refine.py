"""Crossings between two steps: where bisection finds them is known in closed form."""

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest

from robaudit.search.directions import random_directions
from robaudit.testing import affine_classifier, affine_distances
from tests.support.crossings import PLAN, find
from tests.support.searches import DIMENSION, SHAPE


@pytest.mark.parametrize("strategy", ["linear", "traced"])
def test_refined_crossings_are_the_closed_form(strategy: Literal["linear", "traced"]) -> None:
    random = np.random.default_rng(0)
    weights, bias = random.standard_normal((DIMENSION, 5)), random.standard_normal(5) * 0.1
    classifier = affine_classifier(weights, bias, SHAPE)
    plan = replace(PLAN, strategy=strategy, clip=False, refine=1e-4)
    found = find(classifier, plan)
    coarse = find(classifier, replace(plan, refine=None))
    np.testing.assert_array_equal(found.step, coarse.step)
    assert found.place is not None
    assert coarse.place is None
    x = np.random.default_rng(1).random((plan.samples, *SHAPE), dtype=np.float32)
    directions = random_directions(SHAPE, plan.directions, seed=0)
    both_ways = np.stack([directions, -directions], axis=1).reshape(-1, DIMENSION)
    flat = x.reshape(len(x), -1)
    origin = classifier.predict(x).argmax(axis=1)
    exact, nearest = affine_distances(weights, bias, flat, origin, both_ways)
    crossed = found.step > 0
    beyond = found.place[crossed] * plan.step - exact.ravel()[crossed]
    assert (beyond > -1e-6).all()
    assert (beyond < 1e-4 + 1e-6).all()
    # Within so little, hardly a third class overtakes.
    assert (found.adjacent[crossed] == nearest.ravel()[crossed]).mean() > 0.999
    halvings = 8  # 0.02 / 2**8 is the first below 1e-4
    assert found.evaluations == coarse.evaluations + halvings * crossed.sum()
