"""The traced search: the answer of the linear one for less, and never trusted unchecked."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import robaudit
from robaudit import Classifier, SearchPlan
from robaudit.predicting import classes_of, make_probe
from robaudit.search import state as book
from robaudit.search import walk as walking
from robaudit.search.boundary_search import Crossings, search
from robaudit.search.directions import random_directions
from robaudit.search.ray_scores import score_gaps
from robaudit.search.rays import MISCLASSIFIED, NONE
from robaudit.search.traced import check as checking
from robaudit.search.traced.calibration import KnownRays, known_rays
from robaudit.search.traced.check import SKIP_BEYOND, rays_for_check, rays_to_check, try_tracing
from robaudit.stats.exact import hypergeometric_upper_bound
from robaudit.testing import affine_classifier, affine_distances, striped_classifier

SHAPE = (1, 6, 6)
DIMENSION = 36
PLAN = SearchPlan(samples=400, directions=36, step=0.02, steps=40, tolerance=0.01)


def affine(classes: int = 5) -> Classifier:
    random = np.random.default_rng(0)
    weights = random.standard_normal((DIMENSION, classes))
    return affine_classifier(weights, random.standard_normal(classes) * 0.1, SHAPE)


def find(classifier: Classifier, plan: SearchPlan = PLAN, *, batch_size: int = 256) -> Crossings:
    x = np.random.default_rng(1).random((plan.samples, *SHAPE), dtype=np.float32)
    start, scale = classes_of(classifier.predict, x, 128)
    directions = random_directions(SHAPE, plan.directions, seed=0)
    probe = make_probe(classifier, x, directions, clip=plan.clip)
    kind = classifier.spec.scores
    return search(probe, start, start, plan, scale=scale, batch_size=batch_size, scores=kind)


def share_that_differs(one: Crossings, other: Crossings) -> float:
    return float(((one.step != other.step) | (one.adjacent != other.adjacent)).mean())


@pytest.mark.parametrize("clip", [True, False])
def test_affine_margins_are_those_of_the_linear_search(clip: bool) -> None:
    plan = replace(PLAN, clip=clip)
    traced, linear = find(affine(), plan), find(affine(), replace(plan, strategy="linear"))
    assert traced.check.strategy == "traced"
    assert traced.check.audited == rays_to_check(len(traced.step), plan.tolerance, 0)
    assert traced.check.upper_bound <= plan.tolerance
    assert share_that_differs(traced, linear) <= plan.tolerance
    assert 0.2 < (linear.step > 0).mean() < 1
    assert linear.linear_evaluations == linear.evaluations
    assert traced.linear_evaluations == pytest.approx(linear.evaluations, rel=PLAN.tolerance)
    assert traced.evaluations < 0.4 * linear.evaluations


@pytest.mark.parametrize("strategy", ["linear", "traced"])
def test_what_is_found_is_written_from_one_end_to_the_other(
    strategy: Literal["linear", "traced"], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written of columns in files takes memory until they are released."""
    before, spans = [np.array(NONE)], [0]

    def released(*columns: np.ndarray) -> None:
        if len(columns) == 2:
            before.append(np.stack(columns))
            new = np.flatnonzero((before[-1] != before[-2]).any(axis=0))
            spans.append(int(np.ptp(new)) if len(new) else 0)

    monkeypatch.setattr(book, "release", released)
    monkeypatch.setattr(walking, "_CHUNK", 200)
    classifier, plan = affine(), replace(PLAN, strategy=strategy)
    x = np.random.default_rng(1).random((plan.samples, *SHAPE), dtype=np.float32)
    start, scale = classes_of(classifier.predict, x, 128)
    probe = make_probe(classifier, x, random_directions(SHAPE, plan.directions, seed=0), clip=True)
    labels = np.where(np.arange(plan.samples) % 10, start, (start + 1) % 5)
    found = search(probe, labels, start, plan, scale=scale, batch_size=50)
    assert found.check.strategy == strategy
    assert (found.step == MISCLASSIFIED).sum() == 40 * plan.rays_per_sample
    assert len(spans) > len(found.step) / 200
    assert max(spans) < len(found.step) / 10


def test_rays_that_cross_back_are_told_where_they_cross_first() -> None:
    across = random_directions(SHAPE, 1, seed=9).reshape(-1).astype(np.float64)
    classifier = striped_classifier(across, 0.05, 3, SHAPE)
    plan = replace(PLAN, clip=False)
    traced, linear = find(classifier, plan), find(classifier, replace(plan, strategy="linear"))
    assert share_that_differs(traced, linear) <= plan.tolerance
    assert traced.check.upper_bound <= plan.tolerance
    assert (linear.step > 0).mean() > 0.2


def with_a_thin_class(classifier: Classifier, width: float) -> Classifier:
    """Put thin sheets of another class into a model, of which the scores give no warning."""
    normal = np.random.default_rng(5).standard_normal(DIMENSION)
    normal /= np.linalg.norm(normal)

    def predict(x: np.ndarray) -> np.ndarray:
        scores = classifier.predict(x)
        place = x.reshape(len(x), -1).astype(np.float64) @ normal
        scores[np.abs(place - np.rint(place * 4) / 4) < width, 0] = 100.0
        return scores

    return replace(classifier, predict=predict)


def test_what_the_scores_do_not_announce_is_not_passed_over() -> None:
    """Calibration sees how sudden it comes, so that hardly anything would be left out."""
    classifier = with_a_thin_class(affine(), 0.01)
    traced, linear = find(classifier), find(classifier, replace(PLAN, strategy="linear"))
    assert share_that_differs(traced, linear) <= PLAN.tolerance
    assert share_that_differs(find(affine()), linear) > 0.1
    assert traced.check.strategy == "linear"
    assert "saves next to nothing" in (traced.check.fallback or "")
    assert traced.evaluations < 1.2 * linear.evaluations


def some_rays(count: int, seed: int, *, surprises: int) -> KnownRays:
    """Make rays with large gaps that never cross, and some that do so once, without warning."""
    slope = np.random.default_rng(seed).uniform(0, 1, count)
    gaps = 5 + slope[:, None] * np.arange(21)
    gaps[:surprises, 7] = -0.5
    classes = (gaps <= 0).astype(int)

    def evaluate(ray: np.ndarray, step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return classes[ray, step], gaps[ray, step]

    return known_rays(np.arange(count), np.zeros(count, int), gaps[:, 0], evaluate, 20, 64)


def drawing(surprises: list[float]) -> Callable[[int], KnownRays]:
    """Draw rays of which such shares, one draw after the other, cross without warning."""
    left = list(surprises)
    return lambda count: some_rays(count, len(left), surprises=int(np.ceil(left.pop(0) * count)))


def test_the_check_lets_pass_what_is_told_right() -> None:
    trial = try_tracing(drawing([0, 0]), 60_000, 0.001)
    assert (trial.check.strategy, trial.check.disagreements) == ("traced", 0)
    assert trial.check.audited == len(trial.walked[1])
    assert trial.check.calibrated == len(trial.walked[0])
    assert 0.0009 < trial.check.upper_bound <= 0.001
    assert trial.process is not None
    assert trial.skip_beyond == min(SKIP_BEYOND)


def test_the_least_caution_that_passes_is_chosen() -> None:
    trial = try_tracing(drawing([0.05, 0.01]), 60_000, 0.001)
    assert (trial.check.strategy, trial.check.disagreements) == ("traced", 0)
    assert trial.process is not None
    assert min(SKIP_BEYOND) < trial.skip_beyond < max(SKIP_BEYOND)
    assert (
        trial.walked[1].try_tracing(
            trial.process, SKIP_BEYOND[SKIP_BEYOND.index(trial.skip_beyond) + 1]
        )[0]
        > 0
    )


def test_what_calibration_did_not_see_ends_in_the_linear_search() -> None:
    """No caution is enough for what the pilot has no idea of."""
    failed = try_tracing(drawing([0, 0.01]), 60_000, 0.001)
    assert failed.process is None
    assert (failed.check.strategy, failed.check.audited) == ("linear", 60_000)
    assert "told otherwise" in (failed.check.fallback or "")
    assert (failed.check.disagreements, failed.check.upper_bound) == (0, 0.0)


@pytest.mark.slow
@pytest.mark.parametrize(("tolerance", "share"), [(0.004, 0.01), (0.01, 0.5)])
def test_the_bound_holds_as_often_as_it_says(
    tolerance: float, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over many draws from one population, choosing how far is enough included."""
    monkeypatch.setattr(checking, "_CHECK_SHARE", share)
    assert (rays_for_check(4000, tolerance)[1] > 0) == (share == 0.5)
    everything = some_rays(4000, 0, surprises=60)
    gaps, classes = everything.gaps, everything.classes
    random = np.random.default_rng(3)
    everything.evaluate_all()
    gaps[:60, 7] = random.uniform(-1, 0.9, 60)  # some cross, by little or much
    classes[:] = gaps <= 0
    missed = traced = 0
    for _ in range(200):
        order = random.permutation(4000)

        def draw(count: int, order: np.ndarray = order) -> KnownRays:
            rows, order[:] = order[:count].copy(), np.roll(order, -count)
            return known_rays(
                rows,
                np.zeros(count, int),
                gaps[rows, 0],
                lambda ray, step: (classes[ray, step], gaps[ray, step]),
                20,
                256,
            )

        trial = try_tracing(draw, 4000, tolerance)
        if trial.process is not None:
            traced += 1
            assert trial.check.upper_bound <= tolerance
            wrong = everything.try_tracing(trial.process, trial.skip_beyond)[0]
            missed += wrong > round(trial.check.upper_bound * 4000)
    assert traced > 100
    assert missed <= 18  # of 200 with a chance of 5 % each, more than that has one of 1 %


def test_labels_alone_are_searched_step_by_step() -> None:
    classifier = affine()
    one_hot = replace(
        classifier,
        spec=replace(classifier.spec, scores="labels"),
        predict=lambda x: np.eye(5)[classifier.predict(x).argmax(axis=1)],
    )
    found = find(one_hot)
    assert found.check.strategy == "linear"
    assert "labels" in (found.check.fallback or "")
    assert found.evaluations == found.linear_evaluations


def test_few_rays_are_walked_rather_than_checked() -> None:
    found = find(affine(), replace(PLAN, samples=10))
    assert found.check.strategy == "linear"
    assert "half of the rays" in (found.check.fallback or "")
    assert found.evaluations == found.linear_evaluations
    assert find(affine(), replace(PLAN, tolerance=0)).check.strategy == "linear"


@pytest.mark.parametrize(
    ("dtype", "offset", "units", "ties"),
    [
        (np.float32, 0, 1, 0.01),
        (np.float32, 300, 1, 0.02),  # gaps are far smaller than scores
        (np.float32, 0, 2**12, 0.1),  # as half precision inside the model makes it
        (np.float16, 0, 0.5, 0.15),
    ],
)
def test_nothing_depends_on_the_batch(
    dtype: type, offset: float, units: float, ties: float
) -> None:
    """A model whose last digits depend on the batch is asked the same, and says the same."""
    classifier = affine()

    def predict(x: np.ndarray) -> np.ndarray:
        scores: np.ndarray = (classifier.predict(x) + offset).astype(dtype)
        noise = np.random.default_rng(len(x)).uniform(-1, 1, scores.shape)
        return (scores + noise * units * np.spacing(np.abs(scores))).astype(dtype)

    noisy = replace(classifier, predict=predict)
    few, many = find(noisy, batch_size=100), find(noisy, batch_size=3000)
    assert few.check == many.check
    assert few.check.strategy == "traced"
    assert share_that_differs(few, many) == 0
    assert few.evaluations == many.evaluations
    assert few.near_ties == many.near_ties < ties * few.evaluations


def test_few_points_are_evaluated_again_to_round_their_gaps() -> None:
    classifier = affine()
    alone = 0

    def predict(x: np.ndarray) -> np.ndarray:
        nonlocal alone
        alone += len(x) == 1
        return classifier.predict(x).astype(np.float16)

    found = find(replace(classifier, predict=predict))
    assert found.check.strategy == "traced"
    assert 0 < alone < 0.5 * found.evaluations


def test_infinite_gaps_are_not_evaluated_again() -> None:
    classifier = affine()
    alone = 0

    def predict(x: np.ndarray) -> np.ndarray:
        nonlocal alone
        alone += len(x) == 1
        scores: np.ndarray = classifier.predict(x)
        return np.where(scores < scores.max(axis=1, keepdims=True) - 2, -np.inf, scores)

    found = find(replace(classifier, predict=predict))
    assert alone < 0.01 * found.evaluations


def test_gaps_of_probabilities_are_logarithmic() -> None:
    probabilities = np.array([[0.9, 0.09, 0.01], [1.0, 0.0, 0.0]])
    gaps = score_gaps(probabilities, np.array([0, 1]), "probabilities")
    assert gaps[0] == pytest.approx(math.log(10))
    assert -100 < gaps[1] < -80
    infinite = score_gaps(np.array([[np.inf, np.inf], [0, -np.inf]]), np.array([0, 0]), "logits")
    assert np.isfinite(infinite).all()


@settings(deadline=None, max_examples=100)
@given(total=st.integers(1, 40), data=st.data())
def test_the_bound_is_the_exact_one(total: int, data: st.DataObject) -> None:
    drawn = data.draw(st.integers(1, total))
    found = data.draw(st.integers(0, drawn))
    bound = hypergeometric_upper_bound(found, drawn, total)

    def chance(kind: int) -> float:
        """Of finding no more than was found, by counting all ways to draw."""
        ways = sum(
            math.comb(kind, few) * math.comb(total - kind, drawn - few)
            for few in range(min(found, kind) + 1)
            if drawn - few >= 0
        )
        return ways / math.comb(total, drawn)

    possible = [
        kind for kind in range(found, total - drawn + found + 1) if chance(kind) > 0.05 * (1 + 1e-9)
    ]
    assert bound == max(possible)


def test_no_more_rays_are_checked_than_the_bound_needs() -> None:
    for rays, tolerance in [(60_000, 0.001), (10_000, 0.001), (2_000_000, 0.0005), (300, 0.01)]:
        count = rays_to_check(rays, tolerance, 1)
        assert hypergeometric_upper_bound(1, count, rays) <= tolerance * rays
        assert hypergeometric_upper_bound(1, count - 1, rays) > tolerance * rays


@pytest.mark.parametrize(
    ("name", "data", "plan"),
    [
        ("mnist-softmax-last.onnx", "mnist.npz", SearchPlan(200, 60)),
        ("mnist-cntk-opset8.onnx", "mnist.npz", SearchPlan(150, 40)),
        (
            "cifar10-oval21-base-kw-shapeops.onnx",
            "cifar10.npz",
            SearchPlan(160, 60, 1, 2 / 255, 63),
        ),
    ],
)
def test_real_models_are_told_as_the_linear_search_tells_them(
    shared: Path, name: str, data: str, plan: SearchPlan
) -> None:
    plan = replace(plan, tolerance=0.003)
    images = robaudit.read_images(shared / "data" / data)
    classifier = robaudit.load(shared / "models" / name)
    traced = robaudit.scan(classifier, images, plan=plan).crossings
    linear = robaudit.scan(classifier, images, plan=replace(plan, strategy="linear")).crossings
    assert share_that_differs(traced, linear) <= plan.tolerance
    assert traced.check.strategy == "traced"
    assert traced.evaluations < 0.6 * linear.evaluations


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
