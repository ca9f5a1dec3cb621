"""Samples that are right at the start: what a search of them alone would give."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robaudit import Images, PreprocessingRequest, SearchPlan, images_from_arrays, scan
from robaudit.metrics.inequality import measure_inequality
from robaudit.metrics.margins import measure_margins
from robaudit.metrics.right_at_start import measure_right_at_start
from robaudit.metrics.tally import tally_rays
from robaudit.search.rays import Rays
from robaudit.testing import affine_classifier
from tests.metrics.test_tally import tallied
from tests.support.made_rays import CLASSES, make_rays


def without_misclassified(rays: Rays, plan: SearchPlan) -> Rays:
    """Leave out every sample whose rays all start in another class."""
    right = (rays.step.reshape(-1, plan.rays_per_sample) != 0).any(axis=1)
    kept = np.repeat(right, plan.rays_per_sample)
    return Rays(
        step=rays.step[kept],
        adjacent=rays.adjacent[kept],
        realised=rays.realised[kept],
        sample_origin=rays.sample_origin[right],
        plan=replace(plan, samples=int(right.sum())),
    )


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), samples=st.integers(2, 30), steps=st.integers(1, 9))
def test_the_tally_is_that_of_the_rays_that_are_left(seed: int, samples: int, steps: int) -> None:
    plan = SearchPlan(samples, 3, step=0.07, steps=steps)
    rays = make_rays(seed, samples, plan, CLASSES)
    whole = tally_rays(rays, CLASSES)
    if not whole.right.any():
        return
    alone = without_misclassified(rays, plan)
    assert whole.right.sum() == alone.plan.samples
    own, wanted = tallied(whole.right_at_start()), tallied(tally_rays(alone, CLASSES))
    for name, expected in wanted.items():
        if "pair_" in name or "endings" in name:  # of all samples alone
            continue
        if expected is None:
            assert own[name] is None
            continue
        np.testing.assert_allclose(own[name], expected, rtol=1e-9, err_msg=name)


def test_the_figures_are_those_of_the_rays_that_are_left() -> None:
    plan = SearchPlan(30, 4, step=0.05, steps=8)
    rays = make_rays(7, 30, plan, CLASSES)
    tally = tally_rays(rays, CLASSES)
    found = measure_right_at_start(tally, plan)
    assert found is not None
    assert 20 < found.samples < 30
    alone = tally_rays(without_misclassified(rays, plan), CLASSES)
    margins = measure_margins(alone, plan)
    assert found.margins.crossing_rate == margins.crossing_rate
    assert found.margins.restricted_mean == margins.restricted_mean
    wanted = measure_inequality(margins, plan)
    assert found.spread.gini == wanted.gini
    assert found.spread.max_min == wanted.max_min
    assert found.spread.worst_class_margin == wanted.worst_class_margin
    everyone = measure_margins(tally, plan)
    assert found.margins.restricted_mean.value is not None
    assert everyone.restricted_mean.value is not None
    assert found.margins.restricted_mean.value > everyone.restricted_mean.value


AS_THEY_ARE = PreprocessingRequest(mean=(0.0,), std=(1.0,))


def _ramp(labels: np.ndarray) -> Images:
    """Make grey pictures whose brightness rises, for two classes that part in the middle."""
    level = np.linspace(0.1, 0.9, len(labels))
    return images_from_arrays(np.tile(level[:, None, None], (1, 4, 4)), labels, pixel_range=(0, 1))


def test_a_wrong_label_moves_all_figures_but_those_of_the_samples_that_are_right() -> None:
    """The distance of each sample to the one boundary is known."""
    classifier = affine_classifier(
        np.stack([-np.ones(16), np.ones(16)], axis=1), np.array([8.0, -8.0]), (1, 4, 4)
    )
    truth = (np.linspace(0.1, 0.9, 40) > 0.5).astype(int)
    wrong = truth.copy()
    wrong[[0, 39]] = 1 - wrong[[0, 39]]  # the farthest from the boundary
    plan = SearchPlan(40, 8, step=0.05, steps=20)
    clean, mistaken = (
        scan(classifier, _ramp(labels), plan=plan, preprocessing=AS_THEY_ARE)
        for labels in (truth, wrong)
    )
    assert clean.right_at_start is not None
    assert mistaken.right_at_start is not None
    assert clean.right_at_start.samples == 40
    whole = clean.margins.restricted_mean.value
    assert clean.right_at_start.margins.restricted_mean.value == whole
    assert mistaken.right_at_start.samples == 38
    left = mistaken.origin == mistaken.start
    expected = clean.margins.tally.restricted[np.isin(clean.samples.rows, [0, 39], invert=True)]
    assert left.sum() == 38
    assert mistaken.right_at_start.margins.restricted_mean.value == pytest.approx(expected.mean())


def test_without_a_sample_that_is_right_there_is_nothing() -> None:
    """Its classes are swapped; black and white exchanged would make it right on half of them."""
    classifier = affine_classifier(
        np.stack([-np.ones(16), np.ones(16)], axis=1), np.array([4.8, -4.8]), (1, 4, 4)
    )
    labels = (np.linspace(0.1, 0.9, 40) < 0.3).astype(int)
    audit = scan(
        classifier, _ramp(labels), plan=SearchPlan(10, 4, steps=5), preprocessing=AS_THEY_ARE
    )
    assert audit.right_at_start is None


def test_equal_classes_that_share_a_small_pool_are_seldom_said_to_differ() -> None:
    """Three classes a third of a turn apart: a pool of eight directions lies nearer to some."""
    turn = 2 * np.pi * np.arange(3) / 3
    axes = np.linalg.qr(np.random.default_rng(0).normal(size=(16, 2)))[0].T
    weights = np.outer(axes[0], np.cos(turn)) + np.outer(axes[1], np.sin(turn))
    classifier = affine_classifier(weights, -0.5 * weights.sum(axis=0), (1, 4, 4))
    said = 0
    for seed in range(30):
        pixels = np.random.default_rng(1000 + seed).uniform(0.3, 0.7, (200, 4, 4))
        labels = classifier.predict(pixels[:, None].astype(np.float32)).argmax(axis=1)
        images = images_from_arrays(pixels, labels, pixel_range=(0, 1))
        plan = SearchPlan(60, 8, own_directions=4, seed=seed)
        found = scan(classifier, images, plan=plan, preprocessing=AS_THEY_ARE).right_at_start
        assert found is not None
        said += found.p_value is not None and found.p_value < 0.05
    assert said <= 4, "without the pool's part it is 10"
