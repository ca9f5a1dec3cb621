"""A model and images are brought together, and what is unsure is told."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from robaudit import Classifier, Images, InputSpec, PreprocessingRequest, images_from_arrays
from robaudit.errors import DataError, NotAuditableError, UsageError
from robaudit.preprocessing.prepare import Prepared
from tests.support.preparations import NOTHING_GIVEN, blind, match

random = np.random.default_rng(0)


@pytest.fixture
def grey_images() -> Images:
    labels = np.arange(40) % 4
    return images_from_arrays(random.integers(0, 256, (40, 8, 8), dtype=np.uint8), labels)


def test_what_cannot_be_told_apart_is_not_called_clear(grey_images: Images) -> None:
    prepared = match(blind((1, 8, 8)), grey_images, NOTHING_GIVEN)
    assert not prepared.choice.clear
    assert any("not clear" in note for note in prepared.notes)


def test_what_is_given_is_taken(grey_images: Images) -> None:
    request = PreprocessingRequest(mean=(0.3,), std=(0.2,))
    choice = match(blind((1, 8, 8)), grey_images, request).choice
    assert choice.how == "given"
    assert (choice.preprocessing.mean, choice.preprocessing.std) == ((0.3,), (0.2,))
    assert len(choice.candidates) == 1


def test_pixels_far_darker_than_white_are_told_of() -> None:
    """Scikit-learn's digits run from 0 to 16, whatever their type can hold."""
    images = images_from_arrays(random.integers(0, 17, (40, 8, 8)), np.arange(40) % 4)
    prepared = match(blind((1, 8, 8)), images)
    assert any("--pixel-range" in note and "0,16" in note for note in prepared.notes)


def test_without_labels_the_plainest_is_assumed(grey_images: Images) -> None:
    images = replace(grey_images, labels=None)
    prepared = match(blind((1, 8, 8)), images, NOTHING_GIVEN)
    assert prepared.choice.how == "assumed"
    assert prepared.choice.preprocessing.name == "0..1"
    assert any("could not be checked" in note for note in prepared.notes)


@pytest.mark.parametrize(
    "request_",
    [
        PreprocessingRequest(mean=(0.1, 0.2)),
        PreprocessingRequest(std=(1.0, 1.0)),
        PreprocessingRequest(std=(0.0,)),
    ],
)
def test_statistics_that_do_not_fit_are_refused(
    grey_images: Images, request_: PreprocessingRequest
) -> None:
    with pytest.raises(UsageError, match=r"`(mean|std)"):
        match(blind((1, 8, 8)), grey_images, request_)


def test_a_classifier_may_name_its_own_pixel_range(grey_images: Images) -> None:
    seen: list[np.ndarray] = []

    def predict(x: np.ndarray) -> np.ndarray:
        seen.append(x)
        return np.zeros((len(x), 4), dtype=np.float32)

    classifier = Classifier("own", InputSpec((1, 8, 8), 4, low=-2.0, high=6.0), predict)
    prepared = match(classifier, grey_images, NOTHING_GIVEN)
    prepared.classifier.predict(prepared.inputs(slice(0, 3)))
    expected = grey_images.unit_pixels(slice(0, 3)).reshape(3, 1, 8, 8) * 8 - 2
    np.testing.assert_allclose(seen[-1], expected, atol=1e-5)
    with pytest.raises(UsageError, match="own pixel range"):
        match(classifier, grey_images, PreprocessingRequest(mean=(0.5,)))


def test_labels_beyond_the_models_classes_are_refused(grey_images: Images) -> None:
    with pytest.raises(DataError, match="labels from 0 to 2"):
        match(blind((1, 8, 8), 3), grey_images, NOTHING_GIVEN)


def doubtful(predict: Callable[[np.ndarray], np.ndarray]) -> Classifier:
    return Classifier("doubtful", InputSpec((1, 8, 8), 2), predict, doubt="two raw numbers")


def bright(x: np.ndarray) -> np.ndarray:
    level = x.mean(axis=(1, 2, 3))
    return np.stack([0.5 - level, level - 0.5], axis=1)


def test_a_doubtful_classifier_needs_labels_that_prove_it() -> None:
    brightness = random.random(80)
    pixels = np.tile(brightness[:, None, None], (1, 8, 8))
    proof = images_from_arrays(pixels, brightness > 0.5)
    prepared = match(doubtful(bright), proof, NOTHING_GIVEN)
    assert isinstance(prepared, Prepared)
    labels = random.permutation(proof.labels) if proof.labels is not None else None
    no_proof = [
        replace(proof, labels=labels),
        replace(proof, labels=None),
        replace(proof, labels=np.arange(80)),
        images_from_arrays(random.random((80, 9, 9)), brightness > 0.5),
    ]
    for images in no_proof:
        with pytest.raises(NotAuditableError, match=r"scores=.logits"):
            match(doubtful(bright), images, NOTHING_GIVEN)
    with pytest.raises(NotAuditableError, match=r"two raw numbers; .* labels from 0 to 79"):
        match(doubtful(bright), replace(proof, labels=np.arange(80)), NOTHING_GIVEN)
    with pytest.raises(NotAuditableError, match="two raw numbers"):
        match(doubtful(bright), None, count=10, seed=0)


def test_a_model_that_mixes_up_its_batch_is_run_on_one_input_at_a_time(
    grey_images: Images,
) -> None:
    def predict(x: np.ndarray) -> np.ndarray:
        own = np.stack([x.mean(axis=(1, 2, 3))] * 4, axis=1) * np.arange(1, 5)
        return own + x.mean() * np.array([0, 3, 1, 2])

    classifier = Classifier("mixing", InputSpec((1, 8, 8), 4), predict)
    prepared = match(classifier, grey_images, NOTHING_GIVEN)
    assert any("one at a time" in note for note in prepared.notes)
    x = prepared.inputs(slice(0, 5))
    alone = np.concatenate([prepared.classifier.predict(x[i : i + 1]) for i in range(5)])
    np.testing.assert_array_equal(prepared.classifier.predict(x), alone)


def test_what_a_model_was_opened_with_is_said_first(grey_images: Images) -> None:
    words = "The file holds several sets of weights."
    classifier = replace(blind((1, 8, 8)), notes=(words,))
    assert match(classifier, grey_images).notes[0] == words
