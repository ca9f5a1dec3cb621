"""Axes of stacks, and numbers that stand for black and white: taken, or refused with advice."""

import numpy as np
import pytest

from robaudit.data.pixels import arrange_pixels, find_pixel_range
from robaudit.errors import DataError
from tests.support.labelled_images import COLOUR, GREY


def with_opacity(opacity: float, dtype: type = np.uint8) -> np.ndarray:
    pixels = np.full((*COLOUR.shape[:3], 4), opacity, dtype=dtype)
    pixels[..., :3] = COLOUR
    return pixels


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (GREY[..., None], GREY[..., None]),
        (GREY, GREY[..., None]),
        (GREY[:, None], GREY[..., None]),
        (COLOUR, COLOUR),
        (COLOUR.transpose(0, 3, 1, 2), COLOUR),
        (with_opacity(255), COLOUR),
        (with_opacity(255).repeat(2, axis=2).transpose(0, 3, 1, 2), COLOUR.repeat(2, axis=2)),
        (with_opacity(1, float), COLOUR),
        (GREY.reshape(6, -1), GREY.reshape(6, -1)),
    ],
)
def test_axes_are_told_by_the_number_of_channels(pixels: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_array_equal(arrange_pixels(pixels), expected)


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (np.zeros((5, 2, 28, 28)), r"\(5, 2, 28, 28\)"),
        (np.zeros((5, 28, 28, 2)), r"\(5, 28, 28, 2\)"),
        (with_opacity(100), "fourth channel runs from 100 to 100"),
        (np.concatenate([COLOUR, GREY[..., None]], axis=3), "on a background first"),
        (np.zeros((32, 32, 3)), r"images\[None\]"),
        (np.zeros((28, 28, 4)), r"images\[None\]"),
        (np.zeros((32, 32, 3, 500)), "np.moveaxis"),
        (np.array([None, None]), "pixels of type object"),
        (np.array(["a.png", "b.png"]), "pixels of type <U5"),
    ],
)
def test_what_is_no_stack_of_images_is_refused_by_its_shape(pixels: np.ndarray, words: str) -> None:
    with pytest.raises(DataError, match=words):
        arrange_pixels(pixels)


def test_labels_tell_a_stack_of_signals_from_a_colour_image() -> None:
    signals = np.zeros((40, 64, 3))
    assert arrange_pixels(signals, labels=40).shape == (40, 64, 3, 1)
    with pytest.raises(DataError, match=r"images\[None\]"):
        arrange_pixels(signals, labels=1)


@pytest.mark.parametrize("shape", [(28, 28, 50), (784, 50), (8, 8, 1, 50)])
def test_labels_tell_where_the_images_are_counted_last(shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match=r"50 labels.*np\.moveaxis"):
        arrange_pixels(np.zeros(shape), labels=50)


def test_of_a_table_the_range_of_all_columns_is_proposed() -> None:
    with pytest.raises(DataError) as caught:
        find_pixel_range(np.array([[-2.7, 0.1], [2.2, 0.3]]))
    assert "`pixel_range=(-3, 3)`" in caught.value.advice
    assert find_pixel_range(np.array([[-2.7, 0.1]]), (-3, 3)) == (-3, 3)


def test_white_may_be_the_lower_number() -> None:
    assert find_pixel_range(GREY, (255, 0)) == (255, 0)
    with pytest.raises(DataError, match="pixels from 0 to 100, as `pixel_range` says"):
        find_pixel_range(GREY, (100, 0))
    assert find_pixel_range(GREY > 100, (1, 0)) == (1, 0)


@pytest.mark.parametrize(
    ("pixels", "advice"),
    [
        (GREY.astype(np.float32), "`pixel_range=(0, 255)`"),
        (GREY.astype(np.uint16) * 16, "`pixel_range=(0, 4095)`"),
        (GREY.astype(np.uint16) * 4, "`pixel_range=(0, 1023)`"),
        (GREY.astype(np.float32) * 257, "`pixel_range=(0, 65535)`"),
        (GREY // 16 / 1.0, "`pixel_range=(0, 15)`"),
        (GREY / 240, None),
        (GREY.astype(np.int16) - 128, "`pixel_range=(-128, 127)`"),
        (GREY / 127.5 - 1, "`pixel_range=(-1, 1)`"),
        (GREY / 255 - 0.5, "`pixel_range=(-0.5, 0.5)`"),
        ((GREY / 255 - 0.5) / 0.25, None),
        (GREY.astype(np.int64) * 100000, "`pixel_range=(0, 24800000)`"),
    ],
)
def test_numbers_of_an_unknown_white_are_refused_with_the_likely_one(
    pixels: np.ndarray, advice: str | None
) -> None:
    with pytest.raises(DataError) as caught:
        find_pixel_range(pixels)
    assert "normalised pixels must be given as they were before" in caught.value.advice
    assert (advice or "black and white with `pixel_range`;") in caught.value.advice


def test_pixels_that_were_divided_twice_are_refused() -> None:
    """Their distances would be of 1/255 of what they are said to be."""
    twice = (GREY / GREY.max() / 255).astype(np.float32)
    with pytest.raises(DataError, match=r"divided by 255 twice.*`pixel_range=\(0, 0.00392157\)`"):
        find_pixel_range(twice)
    assert find_pixel_range(twice, (0, 0.00392157)) == (0, 0.00392157)
    assert find_pixel_range(np.zeros((2, 3, 3, 1))) == (0, 1)
