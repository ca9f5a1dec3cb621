"""Closest distances against mean margins: the closed form, ranks by hand, and censored values."""

from collections.abc import Sequence

import numpy as np
import pytest

from robaudit import SearchPlan
from robaudit.attacks.agreement.bisection import bisect_towards
from robaudit.attacks.agreement.by_class import ClassAgreement
from robaudit.attacks.agreement.by_sample import (
    Agreement,
    agreement,
    closest_distances,
    mean_margins,
)
from robaudit.attacks.catalogue import Attack, default_attack
from robaudit.attacks.run import AttackResult, Outcome, Targets, run_attacks
from robaudit.batches import Pace
from robaudit.predicting import make_probe
from robaudit.search.boundary_search import measure_realised, search
from robaudit.search.directions import random_directions
from robaudit.search.rays import Rays
from robaudit.stats.bootstrap import bootstrap_weights
from robaudit.stats.rank_correlation import rank_correlation, ranks
from robaudit.testing import affine_classifier
from robaudit.types import FloatArray, InputSpec, IntArray

PLAN = SearchPlan(4, 2, signs=1, step=0.1, steps=5)
SPEC = InputSpec((1, 2, 2), 3)


def make_rays(realised: FloatArray, plan: SearchPlan = PLAN) -> Rays:
    """Make up the rays of samples whose realised distances are (S, rays a sample)."""
    far = realised.ravel().astype(np.float64)
    found = np.isfinite(far)
    step = np.where(found, np.ceil(far / plan.step), -1).astype(np.int16)
    nobody = np.where(found, 1, -1)
    return Rays(step, nobody, far, np.zeros(len(realised), dtype=np.int64), plan)


def make_targets(origin: Sequence[int], wrong: Sequence[int] = ()) -> Targets:
    start = np.array(origin)
    start[list(wrong)] = (start[list(wrong)] + 1) % 3
    return Targets(np.zeros((len(start), *SPEC.shape)), np.array(origin), start, 1.0)


def make_result(name: str, sizes: Sequence[float]) -> AttackResult:
    """Make up examples that differ by so much in every pixel; infinite for none."""
    far = np.array(sizes)
    success = np.isfinite(far)
    examples = np.where(success, far, 0.0)[:, None, None, None] * np.ones(SPEC.shape)
    outcome = Outcome(success, far, examples, np.zeros(len(far), dtype=np.int64), far, 0, 0, 0, 0.0)
    return AttackResult(default_attack(name, SPEC), outcome)


INF = np.inf
EVERY = np.arange(4)


def test_the_closest_of_all_means_counts() -> None:
    rays = make_rays(np.array([[0.3, INF], [0.1, 0.2], [INF, INF], [0.0, 0.0]]))
    results = [
        make_result("deepfool", [0.1, 0.25, INF, 0.0]),
        make_result("pgd", [0.3, 0.05, INF, 0.0]),
        AttackResult(default_attack("cw-l2", SPEC), None, "no gradients"),
    ]
    targets = make_targets([0, 1, 2, 2], wrong=[3])
    found = closest_distances(SPEC, targets, EVERY, results, rays, PLAN)
    np.testing.assert_allclose(found.distance, [0.1, 0.05, INF, 0.0])
    assert found.by == ("deepfool", "pgd", "none", "misclassified")
    alone = closest_distances(SPEC, targets, EVERY, [], rays, PLAN)
    np.testing.assert_allclose(alone.distance, [0.3, 0.1, INF, 0.0])
    np.testing.assert_allclose(mean_margins(rays, PLAN), [0.4, 0.15, 0.5, 0.0])


def test_only_the_samples_attacked_are_compared() -> None:
    rays = make_rays(np.array([[0.3, INF], [0.1, 0.2], [INF, INF], [0.2, 0.4]]))
    places = np.array([3, 0])
    found = closest_distances(SPEC, make_targets([0, 0]), places, [], rays, PLAN)
    np.testing.assert_allclose(found.distance, [0.2, 0.3])
    whole = agreement(SPEC, make_targets([0, 0]), places, [], rays, PLAN)
    assert whole.samples == 2
    assert whole.rank_correlation.value is None
    assert whole.per_class[1] == ClassAgreement(1, None, None)
    assert "cannot be compared" in whole.sentence


def test_distances_are_shares_of_the_pixel_range() -> None:
    wide = InputSpec(SPEC.shape, 3, low=0.0, high=255.0)
    results = [make_result("pgd", [51.0])]
    rays = make_rays(np.array([[INF, INF]]))
    found = closest_distances(wide, make_targets([0]), np.array([0]), results, rays, PLAN)
    np.testing.assert_allclose(found.distance, [0.2])


def test_what_was_never_found_ranks_last_and_has_no_median() -> None:
    far = np.array([[0.1, INF], [0.2, INF], [0.4, INF], [INF, INF], [INF, INF]])
    targets = make_targets([0, 0, 1, 1, 2])
    found = agreement(SPEC, targets, np.arange(5), [], make_rays(far), PLAN)
    assert found.by == {"rays": 3, "none": 2}
    assert found.rank_correlation.value == pytest.approx(1.0)
    assert [one.closest for one in found.per_class] == [pytest.approx(0.15), None, None]
    assert "For 2 samples nothing found another class" in found.sentence


def by_classes(closest: Sequence[float], margins: Sequence[float]) -> Agreement:
    """Compare classes of four samples each, all with one closest distance and one margin."""
    spec = InputSpec(SPEC.shape, len(closest))
    origin = np.repeat(np.arange(len(closest)), 4)
    plan = SearchPlan(len(origin), 1, signs=1, step=0.01, steps=50)
    rays = make_rays(np.repeat(margins, 4)[:, None], plan)
    targets = Targets(np.zeros((len(origin), *SPEC.shape)), origin, origin, 1.0)
    results = [make_result("deepfool", np.repeat(closest, 4).tolist())]
    return agreement(spec, targets, np.arange(len(origin)), results, rays, plan)


def test_classes_that_the_two_rank_apart_are_named() -> None:
    rising = [0.01, 0.02, 0.03, 0.04, 0.05, 0.06]
    margins = [0.1, 0.2, 0.3, 0.4, 0.5, 0.15]
    assert by_classes(rising, margins).disagreeing == (5,)
    sentence = by_classes(rising, margins).sentence
    assert "rank apart by a third of all or more, beyond chance: 5." in sentence
    assert by_classes(rising, [0.1, 0.2, 0.3, 0.4, 0.5, 0.45]).disagreeing == ()
    assert by_classes(rising, [0.1, 0.2, 0.3, 0.4, 0.45, 0.5]).rank_correlation.value == (
        pytest.approx(1.0)
    )
    assert by_classes([0.01, 0.02], [0.2, 0.1]).disagreeing == ()


def test_classes_are_not_named_for_what_chance_may_do() -> None:
    """Six classes alike: the ranks of some differ by two or more, and mean nothing."""
    random = np.random.default_rng(0)
    plan = SearchPlan(24, 1, signs=1, step=0.01, steps=50)
    origin = np.repeat(np.arange(6), 4)
    targets = Targets(np.zeros((24, *SPEC.shape)), origin, origin, 1.0)
    rays = make_rays(random.uniform(0.3, 0.5, (24, 1)), plan)
    results = [make_result("deepfool", random.uniform(0.01, 0.1, 24).tolist())]
    found = agreement(InputSpec(SPEC.shape, 6), targets, np.arange(24), results, rays, plan)
    closest = np.array([one.closest for one in found.per_class], dtype=float)
    margin = np.array([one.margin for one in found.per_class], dtype=float)
    assert np.abs(ranks(closest) - ranks(margin)).max() >= 2
    assert found.disagreeing == ()


def test_opposite_orders_do_not_stand_for_each_other() -> None:
    found = by_classes([0.01, 0.02, 0.03, 0.04], [0.4, 0.3, 0.2, 0.1])
    assert found.rank_correlation.value == pytest.approx(-1.0)
    assert found.sentence.startswith("Random directions do not tell")


def test_ranks_share_ties() -> None:
    np.testing.assert_array_equal(ranks(np.array([5.0, 1.0, 5.0, INF])), [2.5, 1, 2.5, 4])


def test_rank_correlations_are_those_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    random = np.random.default_rng(0)
    first = random.integers(6, size=60).astype(np.float64)
    second = first + random.normal(0, 3, 60).round()
    weights = bootstrap_weights(np.zeros(60, dtype=np.int64), seed=0)
    found = rank_correlation(first, second, weights)
    assert found.value == pytest.approx(stats.spearmanr(first, second).statistic)
    resampled = [
        stats.spearmanr(np.repeat(first, times), np.repeat(second, times)).statistic
        for times in weights[:200].astype(np.int64)
    ]
    low, high = np.percentile(resampled, [2.5, 97.5])
    assert found.low == pytest.approx(low, abs=0.06)
    assert found.high == pytest.approx(high, abs=0.06)


@pytest.mark.parametrize("constant", [0.3, INF])
def test_lists_without_spread_have_no_correlation(constant: float) -> None:
    weights = bootstrap_weights(np.zeros(9, dtype=np.int64), seed=0)
    same, other = np.full(9, constant), np.arange(9.0)
    assert rank_correlation(same, other, weights).value is None
    assert rank_correlation(other[:2], other[:2], weights[:, :2]).value is None


def test_examples_are_drawn_in_to_the_boundary() -> None:
    """Along one direction of an affine model the share needed is known: lead over slope."""
    weights, bias, x, y = affine_case()
    classifier = affine_classifier(weights, bias, (1, 8, 8))
    pictures = x.reshape(60, 1, 8, 8)
    targets = Targets(pictures, y, y, 1.0)
    rows = np.arange(0, 60, 2)
    other = (y[rows] + 1) % 4
    change = (0.5 * np.sign(weights[:, other] - weights[:, y[rows]]).T).astype(np.float32)
    direction = weights.T[other] - weights.T[y[rows]]
    lead = (x @ weights + bias)[rows, y[rows]] - (x @ weights + bias)[rows, other]
    needed = lead / (direction * change).sum(axis=1)
    assert (needed < 1).all()
    examples = pictures[rows] + change.reshape(-1, 1, 8, 8)
    found = bisect_towards(classifier, targets, rows, examples, batch_size=7)
    assert (found <= needed + 1 / 256 + 1e-6).all()  # a third class may come before the other
    points = x[rows] + found[:, None] * change
    assert ((points @ weights + bias).argmax(axis=1) != y[rows]).all()
    before = x[rows] + (found - 1 / 256)[:, None] * change
    assert ((before @ weights + bias).argmax(axis=1) == y[rows]).all()


def affine_case() -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
    """Draw weights (64, 4) and bias (4,), inputs at varied distances, and their classes."""
    random = np.random.default_rng(0)
    weights = random.standard_normal((64, 4)) / 8
    bias = -weights.sum(axis=0) / 2
    y = np.arange(60) % 4
    size = random.uniform(0.02, 0.3, (60, 1))
    x = 0.5 + size * np.sign(weights[:, y].T) + random.uniform(-0.02, 0.02, (60, 64))
    x = x.astype(np.float32)
    return weights, bias, x, (x @ weights + bias).argmax(axis=1)


def test_on_an_affine_model_the_closest_is_the_closed_form_and_goes_with_the_margin() -> None:
    pytest.importorskip("art")
    weights, bias, x, y = affine_case()
    classifier = affine_classifier(weights, bias, (1, 8, 8))
    scores = x @ weights + bias
    lead = np.take_along_axis(scores, y[:, None], axis=1) - scores
    slope = np.linalg.norm(weights.T[y][:, None, :] - weights.T[None], axis=2)
    with np.errstate(invalid="ignore"):
        exact = np.nanmin(lead / slope, axis=1) / 8
    assert exact.max() < 0.1875  # within the budget of 1.5

    plan = SearchPlan(60, 32, step=0.02, steps=50, clip=False)
    pictures = x.reshape(60, 1, 8, 8)
    directions = random_directions((1, 8, 8), plan.directions, seed=0)
    probe = make_probe(classifier, pictures, directions, clip=False)
    found = search(probe, y, y, plan, scale=1.0, batch_size=256)
    rays = measure_realised(found, pictures, y, directions, plan, classifier.spec)
    targets = Targets(pictures, y, y, 1.0)
    deepfool = Attack("deepfool", {"budget": 1.5, "steps": 50, "overshoot": 0.02})
    results = run_attacks(classifier, targets, [deepfool], seed=0, pace=Pace(64))
    closest = closest_distances(classifier.spec, targets, np.arange(60), results, rays, plan)
    assert (closest.distance >= exact * (1 - 1e-5)).all()
    np.testing.assert_allclose(closest.distance, exact, rtol=0.025)
    fgsm = run_attacks(
        classifier, targets, [Attack("fgsm", {"epsilon": 0.4})], seed=0, pace=Pace(64)
    )
    loose = closest_distances(classifier.spec, targets, np.arange(60), fgsm, rays, plan)
    everything = [*results, *fgsm]
    tight = closest_distances(
        classifier.spec,
        targets,
        np.arange(60),
        everything,
        rays,
        plan,
        classifier=classifier,
        batch_size=7,
    )
    assert (loose.distance > 1.2 * exact).all()
    assert (tight.distance >= exact * (1 - 1e-5)).all()
    np.testing.assert_allclose(tight.distance, exact, rtol=0.005)
    together = agreement(classifier.spec, targets, np.arange(60), results, rays, plan)
    assert together.by == {"deepfool": 60}
    assert together.rank_correlation.low is not None
    assert together.rank_correlation.low > 0.9
    assert together.sentence.startswith("Samples that random directions leave late")
