"""The same weights in ONNX, PyTorch and Keras give the same audit."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import numpy as np
import pytest

import robaudit
from robaudit import Audit, Classifier, Images, InputSpec, SearchPlan
from robaudit.attacks.catalogue import parse_attack, suite
from robaudit.attacks.outcome import Targets
from robaudit.attacks.run import robust_accuracy, run_attacks
from robaudit.batches import Pace
from tests.support.digit_networks import Weights, digit_weights, in_keras, in_torch
from tests.support.paths import EXAMPLES

PLAN = SearchPlan(samples=60, directions=20)


@pytest.fixture(scope="module")
def weights() -> Weights:
    return digit_weights()


@pytest.fixture(scope="module")
def classifiers(weights: Weights) -> dict[str, Classifier]:
    return {
        "onnx": robaudit.load(EXAMPLES / "digits.onnx"),
        "torch": robaudit.load(in_torch(weights), spec=InputSpec((1, 8, 8), 10)),
        "keras": robaudit.load(in_keras(weights)),
    }


@pytest.fixture(scope="module")
def audits(classifiers: dict[str, Classifier], digits: Images) -> dict[str, Audit]:
    return {name: robaudit.scan(one, digits, plan=PLAN) for name, one in classifiers.items()}


@pytest.mark.parametrize("framework", ["torch", "keras"])
def test_the_audits_agree_ray_by_ray(audits: dict[str, Audit], framework: str) -> None:
    """Where two do not agree, it was a near tie, and near ties are counted."""
    one, other = audits["onnx"], audits[framework]
    np.testing.assert_array_equal(one.samples.rows, other.samples.rows)
    np.testing.assert_array_equal(one.directions.ravel(), other.directions.ravel())
    differ = (one.rays.step != other.rays.step) | (one.rays.adjacent != other.rays.adjacent)
    ties = max(one.crossings.near_ties, other.crossings.near_ties)
    assert differ.sum() <= ties
    assert (one.rays.step > 0).mean() > 0.2
    assert one.clean == other.clean
    if not differ.any():
        assert one.margins.restricted_mean == other.margins.restricted_mean


@pytest.mark.parametrize("framework", ["onnx", "keras"])
def test_the_gradients_agree(
    classifiers: dict[str, Classifier], framework: str, digits: Images
) -> None:
    pixels = digits.unit_pixels(slice(0, 20))
    cotangent = np.random.default_rng(0).normal(0, 1, (20, 10)).astype(np.float32)
    gradients = {}
    for name in ("torch", framework):
        vjp = classifiers[name].vjp
        assert vjp is not None
        x = pixels.reshape(20, *classifiers[name].spec.shape)
        gradients[name] = vjp(x, cotangent).reshape(20, 64)
    np.testing.assert_allclose(gradients[framework], gradients["torch"], rtol=1e-3, atol=1e-5)


def test_the_attacks_of_the_paper_leave_the_same(
    classifiers: dict[str, Classifier], digits: Images
) -> None:
    """The eight of Table III, CW-L2 with fewer steps, on three forms of one network."""
    assert digits.labels is not None
    spec = classifiers["onnx"].spec
    short = parse_attack("cw-l2:searches=5,steps=30", spec)
    attacks = [short if one.name == "cw-l2" else one for one in suite("paper", spec)]
    pixels, labels = digits.unit_pixels(slice(0, 40)), digits.labels[:40]
    left = {}
    for name, classifier in classifiers.items():
        x = pixels.reshape(40, *classifier.spec.shape)
        targets = Targets(x, labels, classifier.predict(x).argmax(axis=1), 1.0)
        results = run_attacks(classifier, targets, attacks, seed=0, pace=Pace(40))
        assert all(one.skipped is None for one in results)
        left[name] = [robust_accuracy(one.outcome) for one in results if one.outcome]
    for framework in ("torch", "keras"):
        for one, other in zip(left["onnx"], left[framework], strict=True):
            assert one.value == pytest.approx(other.value, abs=1.5 / 40)
