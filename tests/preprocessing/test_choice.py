"""The preprocessing that a model was trained with is found from labelled images."""

import numpy as np
import pytest

from robaudit import Classifier, InputSpec, PreprocessingRequest, images_from_arrays
from robaudit.preprocessing.arrangement import Arrangement, arrangements
from robaudit.preprocessing.candidates import loss_of_labels, usual_preprocessings
from robaudit.preprocessing.normalisation import Preprocessing
from tests.support.preparations import NOTHING_GIVEN, match


@pytest.fixture
def random() -> np.random.Generator:
    """Draws that are the same for each test, whichever ran before."""
    return np.random.default_rng(0)


def gaussian_classifier(
    true: Preprocessing, means: np.ndarray, spread: float, shape: tuple[int, ...]
) -> Classifier:
    """Make the Bayes classifier of Gaussian classes, behind a preprocessing.

    ``means`` (classes, D) are those of pixels, arranged as the model's inputs are.
    """
    mean, std = (np.array(v).reshape(-1, 1, 1) for v in (true.mean, true.std))

    def predict(x: np.ndarray) -> np.ndarray:
        pixels = (x * std + mean).reshape(len(x), -1)
        return (pixels @ means.T - (means**2).sum(axis=1) / 2) / spread**2

    return Classifier("gaussian", InputSpec(shape, len(means)), predict)


COLOUR = Arrangement((8, 8, 3), "CHW", "rgb")
BGR = Arrangement((8, 8, 3), "CHW", "bgr")


@pytest.mark.parametrize("arrangement", [COLOUR, BGR])
@pytest.mark.parametrize(
    "name", ["0..1", "0..255", "-1..1", "CIFAR-10 statistics", "ImageNet mean, 0..255"]
)
def test_preprocessing_is_found(
    name: str, arrangement: Arrangement, random: np.random.Generator
) -> None:
    true = next(one for one in usual_preprocessings([arrangement]) if one.name == name)
    spread = 0.15
    means = 0.5 + random.normal(0, 0.03, (5, 8, 8, 3)).astype(np.float32)
    labels = np.repeat(np.arange(5), 400)
    noise = random.normal(0, spread, (2000, 8, 8, 3))
    pixels = np.rint(np.clip(means[labels] + noise, 0, 1) * 255).astype(np.uint8)
    classifier = gaussian_classifier(
        true, arrangement.arrange(means, (3, 8, 8)).reshape(5, -1), spread, (3, 8, 8)
    )
    prepared = match(classifier, images_from_arrays(pixels, labels), NOTHING_GIVEN)
    choice = prepared.choice
    assert choice.how == "found"
    assert choice.clear
    assert choice.preprocessing == true
    assert choice.candidates[0].accuracy > choice.candidates[-1].accuracy
    assert len(choice.candidates) == 18


def test_of_candidates_without_an_error_the_plainest_is_taken() -> None:
    """Larger inputs make a model surer, so its cross-entropy cannot decide alone."""

    def predict(x: np.ndarray) -> np.ndarray:
        level = x.mean(axis=(1, 2, 3))
        return np.stack([0 * level, level], axis=1) * 50 - np.array([0, 10])

    labels = np.arange(80) % 2
    pixels = np.where(labels, 250, 0).astype(np.uint8)[:, None, None] + np.zeros((1, 8, 8))
    images = images_from_arrays(pixels.astype(np.uint8), labels)
    classifier = Classifier("bright", InputSpec((1, 8, 8), 2), predict)
    choice = match(classifier, images, NOTHING_GIVEN).choice
    assert choice.preprocessing.name == "0..1"
    assert choice.candidates[1].accuracy == 1
    assert not choice.clear


@pytest.mark.parametrize("layout", ["CHW", "HWC"])
def test_the_layout_is_found_where_only_mean_and_std_are_given(
    layout: str, random: np.random.Generator
) -> None:
    arrangement = next(one for one in arrangements((8, 8, 3), (192,)) if one.layout == layout)
    true = Preprocessing("", (0.3,), (0.2,), arrangement)
    means = 0.5 + random.normal(0, 0.1, (4, 8, 8, 3)).astype(np.float32)
    labels = np.arange(400) % 4
    pixels = np.clip(means[labels] + random.normal(0, 0.2, (400, 8, 8, 3)), 0, 1)
    seen = arrangement.arrange(means, (192,))

    def predict(x: np.ndarray) -> np.ndarray:
        return ((x * 0.2 + 0.3) @ seen.T - (seen**2).sum(axis=1) / 2) / 0.04

    classifier = Classifier("flat", InputSpec((192,), 4), predict)
    request = PreprocessingRequest(mean=(0.3,), std=(0.2,))
    choice = match(classifier, images_from_arrays(pixels, labels), request).choice
    assert choice.preprocessing.arrangement == true.arrangement
    assert choice.candidates[0].accuracy > 0.9


def test_cross_entropy_is_the_same_for_every_kind_of_score(random: np.random.Generator) -> None:
    logits = random.normal(0, 3, (50, 7))
    labels = random.integers(0, 7, 50)
    exponentials = np.exp(logits)
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    expected = loss_of_labels(logits, labels, "logits")
    np.testing.assert_allclose(loss_of_labels(probabilities, labels, "probabilities"), expected)
    found = loss_of_labels(np.log(probabilities), labels, "log-probabilities")
    np.testing.assert_allclose(found, expected)
    np.testing.assert_array_equal(loss_of_labels(np.eye(7)[labels], labels, "labels"), 0)
