"""OptMargin: the nearest point that all members misclassify, in closed form on affine models."""

from dataclasses import replace

import numpy as np
import pytest

import robaudit
from robaudit.attacks.boundaries.opt_margin import OptMargin, opt_margin, shifts_of
from robaudit.attacks.catalogue import SUITES, parse_attack
from robaudit.attacks.outcome import Targets
from robaudit.attacks.run import run_attack
from robaudit.batches import Pace
from robaudit.errors import UsageError
from robaudit.testing import affine_classifier
from robaudit.types import Classifier, FloatArray, InputSpec
from tests.support.affine_models import affine, some_inputs

PIXELS = 36


def plane(low: float = 0.0, high: float = 1.0) -> tuple[Classifier, FloatArray, float]:
    """Make two classes with a plane between them; give its slope and offset, too."""
    slope = np.random.default_rng(3).standard_normal(PIXELS)
    offset = -slope.sum() * (low + high) / 2 - 0.3 * (high - low)
    both = np.stack([np.zeros(PIXELS), slope], axis=1)
    model = affine_classifier(both, np.array([0.0, offset]), (1, 6, 6))
    return replace(model, spec=replace(model.spec, low=low, high=high)), slope, offset


@pytest.mark.parametrize("box", [(0.0, 1.0), (-2.0, 2.0)])
@pytest.mark.parametrize("members", [1, 8])
def test_on_an_affine_model_it_finds_the_nearest_point_beyond_all_members(
    members: int, box: tuple[float, float]
) -> None:
    """To move x so that x + v_i is beyond the plane for all i takes the largest w . v_i more."""
    model, slope, offset = plane(*box)
    middle, size = (box[0] + box[1]) / 2, box[1] - box[0]
    drawn = np.random.default_rng(0).normal(middle, 0.01 * size, (6, 1, 6, 6))
    x = drawn.astype(np.float32)
    y = model.predict(x).argmax(axis=1)
    plan = OptMargin(0.02, members=members, searches=6, steps=300, learning_rate=0.005)
    examples, found = opt_margin(model, x, y, plan)
    assert found.all()
    shifts = shifts_of(model, plan).reshape(members, -1) @ slope
    leads = x.reshape(6, -1) @ slope + offset
    towards = np.where(y == 1, leads + shifts.max(), -(leads + shifts.min()))
    exact = np.maximum(towards, 0) / np.linalg.norm(slope)
    length = np.linalg.norm((examples - x).reshape(6, -1), axis=1)
    assert (length >= exact * (1 - 1e-4)).all()
    np.testing.assert_allclose(length, exact, rtol=0.03)


def test_members_are_orthogonal_of_one_length_and_one_is_not_shifted() -> None:
    model, _, _ = plane(-2.0, 2.0)
    flat = shifts_of(model, OptMargin(0.1, members=5)).reshape(5, -1)
    products = flat @ flat.T / PIXELS / 16
    np.testing.assert_allclose(products, np.diag([0.0, *[0.01] * 4]), atol=1e-6)


def test_it_outlasts_a_vote_that_brings_the_nearest_example_back() -> None:
    """Class 1 is beyond one of two planes that meet in an edge, of which the nearest example lies.

    Round that most of a cube is class 0.
    """
    ends = np.zeros((PIXELS, 3))
    ends[:18, 1], ends[18:, 2] = 1.0, 1.0
    model = affine_classifier(ends, np.array([10.4, 0.0, 0.0]), (1, 6, 6))
    x = np.full((1, 1, 6, 6), 0.5, dtype=np.float32)
    y = np.array([0])
    voting = robaudit.region_classifier(model, radius=0.3, votes=400)
    near, _ = opt_margin(model, x, y, OptMargin(0.3, members=1, steps=300))
    far, found = opt_margin(model, x, y, OptMargin(0.3, members=20, steps=300))
    assert found.all()
    assert model.predict(near).argmax() != 0
    assert voting.predict(far)[0, 0] < 0.05
    assert voting.predict(near)[0, 0] > voting.predict(far)[0, 0] + 0.15


def test_a_sample_is_left_alone_where_nothing_is_found() -> None:
    constant = affine_classifier(np.zeros((PIXELS, 2)), np.array([1.0, 0.0]), (1, 6, 6))
    x, _ = some_inputs(3)
    examples, found = opt_margin(constant, x, np.zeros(3, int), OptMargin(0.1, steps=3, searches=1))
    assert not found.any()
    np.testing.assert_array_equal(examples, x)
    examples, found = opt_margin(constant, x[:0], np.zeros(0, int), OptMargin(0.1))
    assert examples.shape == (0, 1, 6, 6)
    assert found.shape == (0,)


def test_examples_lie_in_the_pixel_box_and_do_not_depend_on_their_neighbours() -> None:
    model, _ = affine()
    x, _ = some_inputs(5)
    y = model.predict(x).argmax(axis=1)
    plan = OptMargin(0.1, members=4, steps=30)
    examples, found = opt_margin(model, x, y, plan)
    assert found.all()
    assert examples.min() >= 0
    assert examples.max() <= 1
    alone = [opt_margin(model, x[i : i + 1], y[i : i + 1], plan)[0] for i in range(5)]
    np.testing.assert_allclose(examples, np.concatenate(alone), atol=1e-6)


def test_without_gradients_it_says_so() -> None:
    model = Classifier("box", InputSpec((1, 6, 6), 5), affine()[0].predict)
    with pytest.raises(UsageError, match="box has no gradients"):
        opt_margin(model, *some_inputs(1), OptMargin(0.1))


@pytest.mark.parametrize("change", [{"radius": 2}, {"members": 0}, {"steps": 0}, {"weight": 0}])
def test_plans_that_cannot_be_meant_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(change))):
        OptMargin(**{"radius": 0.1, **change})  # type: ignore[arg-type]


@pytest.mark.parametrize("box", [(0.0, 1.0), (-2.0, 2.0)])
def test_opt_margin_by_its_name_is_opt_margin(box: tuple[float, float]) -> None:
    """In shares of the pixel range, whatever that is; what it finds beyond the budget is none."""
    low, size = box[0], box[1] - box[0]
    slope = np.random.default_rng(3).standard_normal(36)
    both = np.stack([np.zeros(36), slope], axis=1)
    unit = affine_classifier(both, np.array([0.0, -slope.sum() / 2 - 0.3]), (1, 6, 6))
    model = affine_classifier(
        both / size, np.array([0.0, -slope.sum() * (0.5 + low / size) - 0.3]), (1, 6, 6)
    )
    model = replace(model, spec=replace(model.spec, low=low, high=box[1]))
    x = np.random.default_rng(0).normal(0.5, 0.01, (6, 1, 6, 6)).astype(np.float32)
    y = unit.predict(x).argmax(axis=1)
    examples, found = opt_margin(unit, x, y, OptMargin(0.02, 6, searches=4, steps=100, seed=7))
    assert found.all()
    length = np.linalg.norm((examples - x).reshape(6, -1), axis=1)
    budget = float(np.median(length))
    attack = parse_attack(f"opt-margin:budget={budget},shift=0.02,members=6,steps=100", model.spec)
    targets = Targets((low + size * x).astype(np.float32), y, y, 1.0)
    outcome = run_attack(model, targets, attack, seed=7, pace=Pace(4))
    assert outcome.success.tolist() == (length <= budget).tolist()
    np.testing.assert_allclose(
        outcome.distance[outcome.success], length[length <= budget], rtol=0.02
    )
    assert outcome.outside == (length > budget).sum()


def test_opt_margin_is_run_where_it_is_named() -> None:
    """It asks as much as all others together; more members than dimensions there cannot be."""
    assert all("opt-margin" not in names for names in SUITES.values())
    model = affine_classifier(np.eye(4)[:, :2], np.zeros(2), (1, 2, 2))
    attack = parse_attack("opt-margin:members=20,shift=0.1,steps=20,searches=3", model.spec)
    x = np.array([[[[0.6, 0.5], [0.5, 0.5]]]], dtype=np.float32)
    targets = Targets(x, np.array([0]), np.array([0]), 1.0)
    assert run_attack(model, targets, attack, seed=0, pace=Pace(4)).success.all()
    with pytest.raises(UsageError, match="members=0"):
        parse_attack("opt-margin:members=0", model.spec)
