"""Layouts and channels of images are brought to those of a model's input."""

from pathlib import Path

import numpy as np
import pytest

from robaudit import images_from_arrays, read_images
from robaudit.errors import DataError
from robaudit.preprocessing.arrangement import arrangements, fit_channels
from robaudit.storage import mapped
from tests.support.labelled_images import COLOUR, GREY, LABELS, write_pictures

random = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("image", "shape", "layouts"),
    [
        ((28, 28, 1), (1, 28, 28), {"CHW"}),
        ((28, 28, 1), (28, 28, 1), {"HWC"}),
        ((28, 28, 1), (28, 28), {"HW"}),
        ((28, 28, 1), (784,), {"HW"}),
        ((28, 28, 1), (784, 1), {"HWC"}),
        ((28, 28, 1), (1, 784), {"CHW"}),
        ((32, 32, 3), (3, 32, 32), {"CHW"}),
        ((32, 32, 3), (32, 32, 3), {"HWC"}),
        ((32, 32, 3), (3072,), {"CHW", "HWC"}),
        ((3, 3, 3), (3, 3, 3), {"CHW", "HWC"}),
        ((784,), (1, 28, 28), {"flat"}),
        ((32, 32, 3), (3, 30, 30), set()),
        ((28, 28, 1), (3, 28, 28), set()),
    ],
)
def test_layouts_that_fit(
    image: tuple[int, ...], shape: tuple[int, ...], layouts: set[str]
) -> None:
    assert {one.layout for one in arrangements(image, shape)} == layouts


@pytest.mark.parametrize("shape", [(3, 5, 4), (5, 4, 3), (60,)])
def test_arranging_and_restoring_are_inverse(shape: tuple[int, ...]) -> None:
    pixels = random.random((2, 5, 4, 3), dtype=np.float32)
    for arrangement in arrangements((5, 4, 3), shape):
        x = arrangement.arrange(pixels, shape)
        assert x.shape == (2, *shape)
        restored = arrangement.restore(x)
        assert restored is not None
        np.testing.assert_array_equal(restored, pixels)
    assert x.flags.c_contiguous


def test_images_are_given_the_channels_that_a_model_takes() -> None:
    grey = images_from_arrays(random.integers(0, 256, (4, 8, 8), dtype=np.uint8))
    repeated, note = fit_channels(grey, (3, 8, 8))
    assert repeated.image_shape == (8, 8, 3)
    assert note is not None
    back, note = fit_channels(repeated, (1, 8, 8))
    np.testing.assert_array_equal(back.pixels, grey.pixels)
    assert note is not None
    colour = images_from_arrays(random.integers(0, 256, (4, 8, 8, 3), dtype=np.uint8))
    assert fit_channels(colour, (3, 8, 8)) == (colour, None)
    with pytest.raises(DataError, match="colour images"):
        fit_channels(colour, (1, 8, 8))
    with pytest.raises(DataError, match="image_size"):
        fit_channels(colour, (3, 9, 9))


def test_pictures_that_are_not_in_memory_get_these_channels_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped, "MOST_IN_MEMORY", 0)
    grey = read_images(write_pictures(tmp_path / "grey", GREY, LABELS, ["a", "b", "c"]))
    assert not isinstance(grey.pixels, np.ndarray)
    repeated, _ = fit_channels(grey, (3, 5, 4))
    assert not isinstance(repeated.pixels, np.ndarray)
    np.testing.assert_array_equal(
        repeated.unit_pixels(slice(None)), np.repeat(grey.unit_pixels(slice(None)), 3, axis=3)
    )
    tones = np.repeat(GREY[..., None], 3, axis=3)
    coloured = read_images(write_pictures(tmp_path / "tones", tones, LABELS, ["a", "b", "c"]))
    assert coloured.image_shape == (5, 4, 3)
    back, note = fit_channels(coloured, (1, 5, 4))
    np.testing.assert_array_equal(back.pixels, grey.pixels)
    assert note == "grey images that were stored in colour"
    colour = read_images(write_pictures(tmp_path / "colour", COLOUR, LABELS, ["a", "b", "c"]))
    with pytest.raises(DataError, match="colour images"):
        fit_channels(colour, (1, 5, 4))
