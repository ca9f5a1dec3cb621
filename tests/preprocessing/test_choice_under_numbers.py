"""What is not said of a preprocessing is found where its numbers are given, or are the model's."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit import Classifier, Images, InputSpec, PreprocessingRequest, images_from_arrays
from robaudit.types import Declaration
from tests.support.preparations import NOTHING_GIVEN, match, sees_stripes, striped


@pytest.fixture
def random() -> np.random.Generator:
    """Draws that are the same for each test, whichever ran before."""
    return np.random.default_rng(0)


def tinted(
    channels: str, mean: float, std: float, random: np.random.Generator
) -> tuple[Classifier, Images]:
    """Make a model that asks which colour and which half is the brightest, and pictures of six."""
    labels = np.arange(300) % 6
    pixels = random.uniform(0, 0.5, (300, 8, 8, 3)).astype(np.float32)
    for row, label in enumerate(labels):
        half = slice(0, 4) if label < 3 else slice(4, 8)
        pixels[row, half, :, label % 3] += 0.3

    def predict(x: np.ndarray) -> np.ndarray:
        colours = (x * std + mean)[:, :: -1 if channels == "bgr" else 1]
        halves = colours.reshape(len(x), 3, 2, 32).mean(axis=3)
        return 20 * halves.transpose(0, 2, 1).reshape(len(x), 6)

    return Classifier("tinted", InputSpec((3, 8, 8), 6), predict), images_from_arrays(
        pixels, labels
    )


@pytest.mark.parametrize("own_box", [True, False])
@pytest.mark.parametrize(("channels", "how"), [("rgb", "given"), ("bgr", "found")])
def test_channels_are_found_where_the_numbers_are_known(
    channels: str, how: str, own_box: bool, random: np.random.Generator
) -> None:
    if own_box:
        classifier, images = tinted(channels, 0.0, 1 / 255, random)
        spec = replace(classifier.spec, low=0.0, high=255.0)
        classifier, request = replace(classifier, spec=spec), NOTHING_GIVEN
    else:
        classifier, images = tinted(channels, 0.4, 0.3, random)
        request = PreprocessingRequest(mean=(0.4,), std=(0.3,))
    choice = match(classifier, images, request).choice
    assert choice.preprocessing.arrangement.channels == channels
    assert (choice.how, choice.clear) == (how, True)
    assert choice.candidates[0].accuracy > 0.95
    assert len(choice.candidates) == 2
    said = match(classifier, images, replace(request, channels="rgb")).choice
    assert said.preprocessing.arrangement.channels == "rgb"
    assert said.how == "given"
    unlabelled = match(classifier, replace(images, labels=None), request).choice
    assert (unlabelled.how, unlabelled.preprocessing.arrangement.channels) == ("given", "rgb")


def test_channels_that_files_say_are_followed_where_the_numbers_are_known(
    random: np.random.Generator,
) -> None:
    classifier, images = tinted("bgr", 0.0, 1 / 255, random)
    classifier = replace(
        classifier,
        spec=replace(classifier.spec, low=0.0, high=255.0),
        declares=Declaration("metadata", channels="bgr"),
    )
    for each in (images, replace(images, labels=None)):
        choice = match(classifier, each, NOTHING_GIVEN).choice
        assert (choice.how, choice.preprocessing.arrangement.channels) == ("declared", "bgr")
    wrong = replace(classifier, declares=Declaration("metadata", channels="rgb"))
    prepared = match(wrong, images, NOTHING_GIVEN)
    assert prepared.choice.how == "found"
    assert any(
        "The files of the model say" in note and "--channels" in note for note in prepared.notes
    )


def test_channels_that_make_no_difference_are_not_called_clear(
    random: np.random.Generator,
) -> None:
    classifier, images = tinted("rgb", 0.4, 0.3, random)
    tint = classifier.predict
    grey = replace(
        classifier,
        predict=lambda x: tint(np.broadcast_to(x.mean(axis=1, keepdims=True), x.shape)),
    )
    request = PreprocessingRequest(mean=(0.4,), std=(0.3,))
    prepared = match(grey, images, request)
    assert prepared.choice.how == "given"
    assert prepared.choice.preprocessing.arrangement.channels == "rgb"
    assert not prepared.choice.clear
    assert any("not clear" in note and note.endswith("Give --channels.") for note in prepared.notes)


@pytest.mark.parametrize(("across", "light"), [(False, True), (True, False), (False, False)])
def test_exchanges_are_found_where_the_numbers_are_known(
    across: bool, light: bool, random: np.random.Generator
) -> None:
    pixels, labels = striped(400, random)
    images = images_from_arrays(pixels, labels)
    stripes = sees_stripes(across=across, light=light)
    classifier = replace(
        stripes,
        spec=replace(stripes.spec, low=0.0, high=255.0),
        predict=lambda x: stripes.predict(x / 255),
    )
    prepared = match(classifier, images, NOTHING_GIVEN)
    assert prepared.choice.candidates[0].accuracy == 1
    assert prepared.choice.how == "found"
    assert len(prepared.choice.preprocessing.exchanges) == 2 - across - light
    assert any("exchanged: so it is right on 100.0%" in note for note in prepared.notes)
    one_class = match(classifier, images_from_arrays(pixels[::4], labels[::4]), NOTHING_GIVEN)
    assert one_class.choice.how == "given"
    assert not one_class.choice.preprocessing.exchanges
