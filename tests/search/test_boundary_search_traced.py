"""The traced search: the answer of the linear one for less, and never trusted unchecked."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import robaudit
from robaudit import Classifier, SearchPlan
from robaudit.search.directions import random_directions
from robaudit.search.traced.check import rays_to_check
from robaudit.testing import striped_classifier
from tests.support.crossings import PLAN, affine, find, share_that_differs
from tests.support.searches import DIMENSION, SHAPE


@pytest.mark.parametrize("clip", [True, False])
def test_affine_margins_are_those_of_the_linear_search(clip: bool) -> None:
    plan = replace(PLAN, clip=clip)
    traced, linear = find(affine(), plan), find(affine(), replace(plan, strategy="linear"))
    assert traced.check.strategy == "traced"
    assert traced.check.audited == rays_to_check(len(traced.step), (plan.tolerance or 0), 0)
    assert traced.check.upper_bound <= (plan.tolerance or 0)
    assert share_that_differs(traced, linear) <= (plan.tolerance or 0)
    assert 0.2 < (linear.step > 0).mean() < 1
    assert linear.linear_evaluations == linear.evaluations
    assert traced.linear_evaluations == pytest.approx(linear.evaluations, rel=(PLAN.tolerance or 0))
    assert traced.evaluations < 0.4 * linear.evaluations


def test_rays_that_cross_back_are_told_where_they_cross_first() -> None:
    across = random_directions(SHAPE, 1, seed=9).reshape(-1).astype(np.float64)
    classifier = striped_classifier(across, 0.05, 3, SHAPE)
    plan = replace(PLAN, clip=False)
    traced, linear = find(classifier, plan), find(classifier, replace(plan, strategy="linear"))
    assert share_that_differs(traced, linear) <= (plan.tolerance or 0)
    assert traced.check.upper_bound <= (plan.tolerance or 0)
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
    assert share_that_differs(traced, linear) <= (PLAN.tolerance or 0)
    assert share_that_differs(find(affine()), linear) > 0.1
    assert traced.check.strategy == "linear"
    assert "saves next to nothing" in (traced.check.fallback or "")
    assert traced.evaluations < 1.2 * linear.evaluations


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
    assert share_that_differs(traced, linear) <= (plan.tolerance or 0)
    assert traced.check.strategy == "traced"
    assert traced.evaluations < 0.6 * linear.evaluations
