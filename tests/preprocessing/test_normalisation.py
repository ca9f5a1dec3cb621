"""Normalisation wrapped around a model: scores, gradients, training and the fast path."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit import Classifier, InputSpec, SearchPlan, TrainPlan
from robaudit.predicting import direct_prober
from robaudit.preprocessing.arrangement import Arrangement, arrangements
from robaudit.preprocessing.normalisation import Preprocessing, normalised
from robaudit.testing import affine_classifier
from robaudit.testing.course_checks import CourseChecks
from robaudit.types import Bound, Probe
from tests.support.broken_classifiers import sound
from tests.support.contract import Contract
from tests.support.searches import SHAPE, affine, run_search, samples

random = np.random.default_rng(0)


def test_channels_are_taken_in_the_models_order() -> None:
    pixels = random.random((1, 2, 2, 3), dtype=np.float32)
    bgr = next(one for one in arrangements((2, 2, 3), (3, 2, 2)) if one.channels == "bgr")
    x = bgr.arrange(pixels, (3, 2, 2))
    np.testing.assert_array_equal(x[0, 0], pixels[0, :, :, 2])
    classifier = Classifier("mean", InputSpec((3, 2, 2), 3), lambda x: x.mean(axis=(2, 3)))
    wrapped = normalised(classifier, Preprocessing("", (0.1, 0.2, 0.3), (0.5, 1, 2), bgr))
    expected = (pixels[0, ..., ::-1].mean(axis=(0, 1)) - [0.1, 0.2, 0.3]) / [0.5, 1, 2]
    np.testing.assert_allclose(wrapped.predict(x)[0], expected, rtol=1e-5)


@pytest.mark.parametrize("shape", [(3, 5, 4), (5, 4, 3), (60,)])
def test_statistics_a_channel_reach_their_channel_in_every_layout(shape: tuple[int, ...]) -> None:
    mean, std = (0.1, 0.2, 0.3), (0.5, 0.6, 0.7)
    pixels = random.random((2, 5, 4, 3), dtype=np.float32)
    classifier = Classifier("same", InputSpec(shape, 60), lambda x: x.reshape(len(x), -1))
    for arrangement in arrangements((5, 4, 3), shape):
        if arrangement.channels == "rgb":
            wrapped = normalised(classifier, Preprocessing("", mean, std, arrangement))
            scores = wrapped.predict(arrangement.arrange(pixels, shape))
            expected = arrangement.arrange(
                ((pixels - np.array(mean)) / np.array(std)).astype(np.float32), shape
            )
            np.testing.assert_allclose(scores, expected.reshape(2, -1), rtol=1e-5, atol=1e-6)


def test_all_that_a_classifier_can_do_is_normalised() -> None:
    """Gradients obey the chain rule, and training sees what the model is to see."""
    weights = random.normal(0, 1, (64, 4))
    trained: list[np.ndarray] = []

    def train(x: np.ndarray, _y: np.ndarray, _plan: object) -> Classifier:
        trained.append(x)
        return classifier

    classifier = Classifier(
        "linear",
        InputSpec((1, 8, 8), 4),
        lambda x: x.reshape(len(x), -1) @ weights,
        vjp=lambda x, cotangent: (cotangent @ weights.T).reshape(x.shape),
        train=train,
    )
    preprocessing = Preprocessing("", (0.3,), (0.2,), Arrangement((8, 8, 1), "CHW", "grey"))
    wrapped = normalised(classifier, preprocessing)
    assert wrapped.vjp is not None
    assert wrapped.train is not None
    x, cotangent = random.random((1, 1, 8, 8)), random.normal(0, 1, (1, 4))
    gradient = wrapped.vjp(x, cotangent)
    step = 1e-6
    for place in range(3):
        moved = x.copy()
        moved[0, 0, 0, place] += step
        change = ((wrapped.predict(moved) - wrapped.predict(x)) * cotangent).sum() / step
        assert gradient[0, 0, 0, place] == pytest.approx(change, rel=1e-4)
    after = wrapped.train(x, np.zeros(1, dtype=int), TrainPlan())
    np.testing.assert_allclose(trained[0], (x - 0.3) / 0.2, rtol=1e-5)
    np.testing.assert_allclose(after.predict(x), wrapped.predict(x), rtol=1e-6)


def normalised_affine() -> Classifier:
    preprocessing = Preprocessing("", (0.3,), (0.2,), Arrangement((3, 4, 1), "CHW", "grey"))
    return normalised(sound(), preprocessing)


@pytest.mark.parametrize("check", [one for one in vars(CourseChecks) if one.startswith("test_")])
def test_the_course_of_a_training_is_over_pixels(check: str) -> None:
    getattr(Contract(normalised_affine), check)()


def test_perturb_is_given_pixels_and_gives_pixels() -> None:
    x = random.random((6, 1, 3, 4))
    classifier, inner = normalised_affine(), sound()
    y = np.arange(6) % 4
    assert classifier.train is not None
    assert inner.train is not None
    shown: list[Classifier] = []

    def perturb(trainee: Classifier, inputs: np.ndarray, _labels: np.ndarray) -> np.ndarray:
        assert (trainee.spec.low, trainee.spec.high) == (0, 1)
        np.testing.assert_allclose(inputs[inputs[:, 0, 0, 0].argsort()], by_first_pixel, rtol=1e-5)
        scores = trainee.predict(inputs)
        np.testing.assert_allclose(scores, inner.predict((inputs - 0.3) / 0.2), atol=1e-5)
        return 1 - inputs

    by_first_pixel = x[x[:, 0, 0, 0].argsort()]
    plan = TrainPlan(perturb=perturb, after_epoch=lambda _, one: shown.append(one))
    trained = classifier.train(x, y, plan)
    expected = inner.train((1 - x - 0.3) / 0.2, y, TrainPlan())
    for one in (trained, *shown):
        np.testing.assert_allclose(one.predict(x), expected.predict((x - 0.3) / 0.2), atol=1e-4)
    assert len(shown) == 1


def test_a_prober_is_asked_in_the_classifiers_own_box() -> None:
    """The fast path gives the answer of the plain one, through a normalisation too."""
    weights, bias = affine(4)
    weights, bias = weights.astype(np.float32), bias.astype(np.float32)
    plain = affine_classifier(weights, bias, SHAPE)
    asked: list[int] = []

    def prober(x: np.ndarray, directions: np.ndarray, low: Bound, high: Bound) -> Probe:
        asked.append(len(directions))
        return direct_prober(plain.predict)(x, directions, low, high)

    arrangement = Arrangement((6, 6, 1), "CHW", "grey")
    preprocessing = Preprocessing("", (0.3,), (0.2,), arrangement)
    plan = SearchPlan(samples=10, directions=6, step=0.02, steps=20)
    x = samples(4, 10)
    slow = run_search(normalised(plain, preprocessing), x, plan)
    fast = run_search(normalised(replace(plain, prober=prober), preprocessing), x, plan)
    assert asked == [6]
    assert (slow.step > 0).any()
    agree = (slow.step == fast.step) & (slow.adjacent == fast.adjacent)
    assert agree.mean() > 0.98  # the two round differently, near a tie
