"""Arrays become labelled images, or are refused; ranges of pixels are found."""

import numpy as np
import pytest

from robaudit import images_from_arrays
from robaudit.errors import DataError
from tests.support.labelled_images import GREY, LABELS


@pytest.mark.parametrize(
    ("x", "pixel_range"),
    [
        (GREY, (0.0, 255.0)),
        (GREY.astype(np.int64), (0.0, 255.0)),
        (GREY.astype(np.uint16) * 257, (0.0, 65535.0)),
        (GREY / 255, (0.0, 1.0)),
        (GREY > 100, (0.0, 1.0)),
        ((GREY > 100).astype(np.uint8), (0.0, 1.0)),
    ],
)
def test_pixel_ranges(x: np.ndarray, pixel_range: tuple[float, float]) -> None:
    images = images_from_arrays(x)
    assert images.pixel_range == pixel_range
    pixels = images.unit_pixels(slice(None))
    assert pixels.dtype == np.float32
    assert pixels.min() >= 0
    assert pixels.max() <= 1


def test_a_pixel_range_that_is_given_is_taken() -> None:
    images = images_from_arrays(GREY.astype(np.float64), pixel_range=(0, 255))
    np.testing.assert_allclose(images.unit_pixels(slice(None))[..., 0], GREY / 255, rtol=1e-6)
    with pytest.raises(DataError, match="as `pixel_range` says"):
        images_from_arrays(GREY, pixel_range=(0, 100))


def test_images_of_another_range_than_the_others_are_told() -> None:
    mixed = np.repeat(GREY, 4, axis=0).astype(np.float64)
    assert not images_from_arrays(mixed, pixel_range=(0, 255)).notes
    mixed[::2] /= 255
    (note,) = images_from_arrays(mixed, pixel_range=(0, 255)).notes
    assert f"In {len(mixed) // 2} of {len(mixed)} images looked at no pixel is farther" in note


def bad_nan(x: np.ndarray) -> np.ndarray:
    x = x / 255
    x[3, 0, 0] = np.nan
    return x


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (bad_nan(GREY), LABELS, "row 3"),
        (GREY.astype(float), LABELS, r"pixel_range=\(0, 255\)"),
        (GREY.astype(float) / 255 - 0.5, LABELS, "as they were before"),
        (-GREY.astype(np.int64), LABELS, "integers from 0"),
        (GREY[:0], LABELS[:0], "no images"),
        (GREY[:, :0], LABELS, "no images"),
        (np.array(3), LABELS, "images of shape"),
        (GREY, LABELS[:3], "labels of shape"),
        (GREY, LABELS - 1.5, "class numbers from 0"),
        (GREY, -LABELS.astype(int), "class numbers from 0"),
        (GREY, LABELS.astype(complex), "labels of type"),
        (GREY, np.full(6, np.nan), "class numbers"),
        (GREY[0, 0], LABELS, "images of shape"),
        (np.zeros((2, 3, 4, 5, 6)), LABELS[:2], "images of shape"),
        (GREY.astype(complex), LABELS, "pixels of type"),
    ],
)
def test_arrays_that_are_no_labelled_images(x: np.ndarray, y: np.ndarray, words: str) -> None:
    with pytest.raises(DataError, match=words):
        images_from_arrays(x, y)
