"""Searching until a figure is known as precisely as was asked for."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import robaudit
from robaudit import Images, SearchPlan, images_from_arrays
from robaudit.audit import Audit
from robaudit.search.plan import Precision
from robaudit.testing import affine_classifier
from robaudit.types import Classifier

PLAN = SearchPlan(4000, 256, step=0.05, steps=20)


def classifier() -> Classifier:
    weights = np.random.default_rng(0).normal(size=(256, 3))
    return affine_classifier(weights, np.zeros(3), (16, 16))


def images(count: int) -> Images:
    pixels = np.random.default_rng(1).random((count, 16, 16)).astype(np.float32)
    labels = classifier().predict(pixels).argmax(axis=1)
    return images_from_arrays(pixels, labels, pixel_range=(0, 1))


def audit(width: float, figure: str = "restricted-mean-margin", **changes: Any) -> Audit:
    plan = replace(PLAN, precision=Precision(width, figure), **changes)
    return robaudit.scan(classifier(), images(plan.samples), plan=plan)


@pytest.mark.parametrize(
    ("figure", "width"),
    [("restricted-mean-margin", 0.02), ("crossing-rate", 0.03), ("worst-class-margin", 0.03)],
)
def test_no_more_is_searched_than_it_takes(figure: str, width: float) -> None:
    found = audit(width, figure)
    assert found.reached is not None
    assert found.reached.met
    estimate = {
        "restricted-mean-margin": found.margins.restricted_mean,
        "crossing-rate": found.margins.crossing_rate,
        "worst-class-margin": found.inequality.worst_class_margin,
    }[figure]
    assert estimate.low is not None
    assert estimate.high is not None
    assert found.reached.half_width is not None
    assert found.reached.half_width == pytest.approx((estimate.high - estimate.low) / 2)
    assert width / 1.5 < found.reached.half_width <= width
    assert found.plan.samples == len(found.origin) == len(found.samples.x) < PLAN.samples
    assert len(found.rays) == found.plan.samples * found.plan.rays_per_sample
    assert found.reached.samples_for_half is not None
    assert found.reached.samples_for_half > 2 * found.plan.samples


def test_what_is_found_is_what_a_search_of_so_many_samples_finds() -> None:
    found = audit(0.02)
    plan = replace(found.plan, precision=None, strategy="linear")
    same = robaudit.scan(classifier(), images(PLAN.samples), plan=plan)
    np.testing.assert_array_equal(found.samples.rows, same.samples.rows)
    np.testing.assert_array_equal(found.rays.step, same.rays.step)
    assert found.margins.restricted_mean == same.margins.restricted_mean


def test_the_best_that_can_be_had_is_told_where_samples_run_out() -> None:
    found = audit(0.0001, samples=200)
    assert found.reached is not None
    assert not found.reached.met
    assert found.reached.samples == found.reached.most == 200
    assert found.reached.samples_for_half is None
    assert found.plan.own_directions is not None
    assert found.plan.own_directions > 1, "what samples cannot tell, directions do"


def test_directions_of_each_that_were_asked_for_are_kept() -> None:
    assert audit(0.02, own_directions=3).plan.own_directions == 3
