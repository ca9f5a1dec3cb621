"""How many samples each class gives, by how near it lies to others, on cases known exactly."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from robaudit.hardening.compensation import nearness, samples_of_classes, weights_by_neighbours
from robaudit.hardening.examples import make_examples
from robaudit.hardening.plan import HardeningPlan, Method
from robaudit.metrics.levels import Level
from tests.support.affine_hardening import SMALL, searched_affine


def test_the_harder_class_gets_from_the_easier_ones_that_it_lies_near() -> None:
    near = np.array(
        [
            [0.0, 0.4, 0.0, 0.0],  # the hardest: near to 1, and to no other
            [0.1, 0.0, 0.2, 0.0],  # harder than 2 and 3
            [0.0, 0.1, 0.0, 0.0],  # as easy as 3: neither gives
            [0.0, 0.1, 0.0, 0.0],
        ]
    )
    # 0 gets .4 from 1, which gets .2 from 2: changes of .4, -.2, -.2 and 0, times 5/4.
    assert weights_by_neighbours(near) == pytest.approx([1.5, 0.75, 0.75, 1.0])
    assert weights_by_neighbours(near, farthest=0.1) == pytest.approx([1.1, 0.95, 0.95, 1.0])


def test_classes_that_are_alike_weigh_the_same() -> None:
    assert weights_by_neighbours(np.zeros((3, 3))).tolist() == [1, 1, 1]
    assert weights_by_neighbours(0.2 * (1 - np.eye(3))).tolist() == [1, 1, 1]


@settings(max_examples=50, deadline=None)
@given(near=arrays(float, (5, 5), elements=st.floats(0, 1)))
def test_weights_are_near_one_and_as_many_as_classes(near: np.ndarray) -> None:
    weights = weights_by_neighbours(near)
    assert weights.sum() == pytest.approx(5)
    assert (np.abs(weights - 1) <= 0.5 + 1e-9).all()


def test_nearness_adds_up_to_what_the_margin_lacks_of_the_reach() -> None:
    _, _, _, searched = searched_affine(3, SMALL)
    tally, reach = searched.tally, searched.rays.plan.reach
    near = nearness(tally, reach)
    assert np.diag(near).tolist() == [0, 0]
    for one in range(searched.classes):
        own = tally.right & (tally.origin == one)
        expected = 1 - tally.restricted[own].mean() / reach
        assert near[one].sum() == pytest.approx(expected)
        assert near[one].sum() > 0


NEAR = np.array([[0.0, 0.4, 0.0], [0.0, 0.0, 0.2], [0.0, 0.0, 0.0]])
"""Changes of .4, -.2 and -.2: weights of 3/2, 3/4 and 3/4."""

LEVELS: tuple[Level, ...] = ("low", "low", "high")


def test_samples_are_as_many_as_by_levels_but_shared_out_by_neighbours() -> None:
    searched, crossing = np.array([100, 100, 100]), np.array([90, 90, 90])
    plan = HardeningPlan(low_samples=50, high_samples=20)
    by_level = samples_of_classes(plan, LEVELS, searched, crossing, NEAR)
    assert by_level.tolist() == [50, 50, 20]
    plan = replace(plan, compensation="neighbours")
    assert samples_of_classes(plan, LEVELS, searched, crossing, NEAR).tolist() == [60, 30, 30]
    # A class gives no more samples than it has with a ray that crosses; the others give the rest.
    few = np.array([90, 90, 10])
    assert samples_of_classes(plan, LEVELS, searched, few, NEAR).tolist() == [67, 33, 10]


@pytest.mark.parametrize("method", ["reduced", "continued", "combined"])
def test_methods_that_do_not_compensate_do_not_by_neighbours_either(method: Method) -> None:
    plan = HardeningPlan(method=method, compensation="neighbours")
    counts = samples_of_classes(plan, LEVELS, np.full(3, 200), np.full(3, 200), NEAR)
    assert counts.tolist() == [150, 150, 150]


def test_examples_by_neighbours_are_of_as_many_samples() -> None:
    plan = replace(SMALL, search=replace(SMALL.search, samples=60), low_samples=6)
    plan = replace(plan, medium_samples=4, high_samples=2)
    *_, y, searched = searched_affine(11, plan, classes=5)
    by_level, by_neighbours = (
        [one.chosen for one in make_examples(searched, each, y).selections]
        for each in (plan, replace(plan, compensation="neighbours"))
    )
    assert sum(by_level) == sum(by_neighbours) > 10
    assert by_level != by_neighbours
