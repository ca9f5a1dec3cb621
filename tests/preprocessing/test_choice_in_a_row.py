"""Where the channels of a model go that flattens its inputs is found from labelled images."""

from dataclasses import replace

import numpy as np
import pytest

import robaudit
from robaudit import Classifier, Images, OpenOptions, PreprocessingRequest, images_from_arrays
from tests.support.preparations import NOTHING_GIVEN, match

random = np.random.default_rng(0)
MEANS = random.uniform(0.3, 0.7, (4, 8, 8, 3)).astype(np.float32)
LABELS = np.arange(200) % 4
PICTURES = np.clip(MEANS[LABELS] + random.normal(0, 0.3, (200, 8, 8, 3)), 0, 1)
IMAGES = images_from_arrays(PICTURES.astype(np.float32), LABELS)


def flattening(layout: str, images: Images = IMAGES) -> Classifier:
    """Open, for images, the Bayes classifier of rows of one layout."""
    axes = (0, 3, 1, 2) if layout == "CHW" else (0, 1, 2, 3)
    rows = MEANS.transpose(axes).reshape(4, -1)

    def predict(x: np.ndarray) -> np.ndarray:
        return (x.reshape(len(x), -1) @ rows.T - (rows**2).sum(axis=1) / 2) / 0.09

    return robaudit.load(predict, OpenOptions(image_shape=images.image_shape))


@pytest.mark.parametrize(
    "request_", [NOTHING_GIVEN, PreprocessingRequest((0.0, 0.0, 0.0), (1.0,), "rgb")]
)
@pytest.mark.parametrize("layout", ["CHW", "HWC"])
def test_labels_tell_whether_channels_come_last(
    layout: str, request_: PreprocessingRequest
) -> None:
    prepared = match(flattening(layout), IMAGES, request_)
    assert prepared.choice.preprocessing.arrangement.layout == layout
    assert prepared.choice.candidates[0].accuracy == 1
    assert prepared.classifier.spec.shape == (3, 8, 8)
    predicted = prepared.classifier.predict(prepared.inputs(slice(None))).argmax(axis=1)
    np.testing.assert_array_equal(predicted, LABELS)
    told = any("--input-shape 8,8,3" in note and "100.0%" in note for note in prepared.notes)
    assert told == (layout == "HWC")
    if request_.says_numbers:
        assert prepared.choice.how == ("given" if layout == "CHW" else "found")


@pytest.mark.parametrize("request_", [NOTHING_GIVEN, PreprocessingRequest((0.0,), (1.0,))])
def test_without_labels_it_is_said_that_channels_may_come_last(
    request_: PreprocessingRequest,
) -> None:
    for images in (replace(IMAGES, labels=None), replace(IMAGES, labels=np.zeros(200, int))):
        prepared = match(flattening("HWC"), images, request_)
        assert prepared.choice.preprocessing.arrangement.layout == "CHW"
        assert prepared.choice.how == ("given" if request_.says_numbers else "assumed")
        assert any("If they come last, say --input-shape 8,8,3" in n for n in prepared.notes)


def test_pictures_come_back_from_a_row_as_they_were() -> None:
    prepared = match(flattening("HWC"), IMAGES)
    x = prepared.inputs(slice(0, 3))
    assert x.shape == (3, 3, 8, 8)
    restored = prepared.choice.preprocessing.arrangement.restore(x)
    np.testing.assert_array_equal(restored, IMAGES.unit_pixels(slice(0, 3)))


def test_a_shape_that_was_said_leaves_no_choice() -> None:
    flat = flattening("HWC").predict
    said = robaudit.load(flat, OpenOptions(image_shape=(8, 8, 3), input_shape=(3, 8, 8)))
    prepared = match(said, IMAGES)
    assert prepared.choice.preprocessing.arrangement.layout == "CHW"
    assert not any("--input-shape" in note for note in prepared.notes)
