"""Colours of 16 bits are read in full, though Pillow gives 8."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from robaudit import read_images
from robaudit.data.memory.in_memory import as_images
from robaudit.data.pictures.picture import PictureReading, read_picture
from robaudit.errors import DataError
from tests.support.pictures import write_png, write_tiff

DEEP = np.random.default_rng(1).integers(0, 65536, (5, 4, 3), dtype=np.uint16)
AS_IS = PictureReading()


def test_png(tmp_path: Path) -> None:
    picture = read_picture(write_png(tmp_path / "a.png", DEEP), AS_IS)
    np.testing.assert_array_equal(picture.pixels, DEEP)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("big", [False, True])
def test_tiff(tmp_path: Path, big: bool, packed: bool) -> None:
    path = write_tiff(tmp_path / "a.tif", DEEP, 2, big=big, packed=packed)
    np.testing.assert_array_equal(read_picture(path, AS_IS).pixels, DEEP)


def test_orientation(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "a.tif", DEEP, 2, orientation=6)
    picture = read_picture(path, AS_IS)
    assert picture.turned
    np.testing.assert_array_equal(picture.pixels, np.rot90(DEEP, -1))
    left = read_picture(path, PictureReading(ignore_exif=True))
    np.testing.assert_array_equal(left.pixels, DEEP)


def test_pictures_that_pillow_has_not_read_yet(tmp_path: Path) -> None:
    path = write_png(tmp_path / "a.png", DEEP)
    with Image.open(path) as picture:
        np.testing.assert_array_equal(np.asarray(as_images([picture]).pixels)[0], DEEP)
    with Image.open(BytesIO(path.read_bytes())) as picture:
        np.testing.assert_array_equal(np.asarray(as_images([picture]).pixels)[0], DEEP)


def test_transparency(tmp_path: Path) -> None:
    opacity = np.full((5, 4, 1), 65535, dtype=np.uint16)
    opacity[0, 0] = 0
    picture = read_picture(write_png(tmp_path / "a.png", np.dstack([DEEP, opacity])), AS_IS)
    assert picture.transparent
    assert picture.pixels[0, 0].tolist() == [65535] * 3
    np.testing.assert_array_equal(picture.pixels[1:], DEEP[1:])


def test_grey_with_opacity_is_refused(tmp_path: Path) -> None:
    path = write_png(tmp_path / "a.png", DEEP[..., :2])
    with pytest.raises(DataError, match=r"a\.png has 16 bits"):
        read_picture(path, AS_IS)


def test_those_of_12_bits_are_refused_unless_their_white_is_said(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    write_png(tmp_path / "a/1.png", DEEP >> 4)
    with pytest.raises(DataError, match=r"pixel_range=\(0, 4095\)"):
        read_images(tmp_path)
    images = read_images(tmp_path, pixel_range=(0, 4095))
    np.testing.assert_allclose(images.unit_pixels(slice(None))[0], (DEEP >> 4) / 4095, rtol=1e-6)


def test_beside_pictures_of_8_bits(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    bytes_ = (DEEP >> 8).astype(np.uint8)
    write_png(tmp_path / "a/1.png", DEEP)
    Image.fromarray(bytes_).save(tmp_path / "a/2.png")
    pixels = read_images(tmp_path).unit_pixels(slice(None))
    np.testing.assert_allclose(pixels[0], DEEP / 65535, rtol=1e-6)
    np.testing.assert_allclose(pixels[1], bytes_ / 255, rtol=1e-6)
