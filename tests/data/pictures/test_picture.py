"""One picture of every kind: read by what is in it, and nothing is lost unsaid."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from robaudit.data.pictures.picture import PictureReading, is_picture, read_picture
from robaudit.errors import DataError, UsageError
from tests.support.labelled_images import COLOUR, GREY
from tests.support.pictures import write_bomb, write_tiff

AS_IS = PictureReading()
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def opaque_but_for_two() -> np.ndarray:
    """Opacity of which one pixel has none, and one half."""
    opacity = np.full(GREY[0].shape, 255, dtype=np.uint8)
    opacity[0, 0], opacity[1, 1] = 0, 128
    return opacity


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.jfif", "PNG"), ("a", "WEBP"), ("a.dat", "BMP"), ("a.jpg", "PNG"), ("a.png", "GIF")],
)
def test_what_a_picture_is_is_told_by_its_content(tmp_path: Path, name: str, form: str) -> None:
    path = tmp_path / name
    Image.fromarray(GREY[0]).save(path, format=form, lossless=True)
    assert is_picture(path)
    pixels = read_picture(path, AS_IS).pixels
    np.testing.assert_array_equal(pixels if pixels.ndim == 2 else pixels[..., 0], GREY[0])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 2 2\n"),
        ("a.svg", b"<svg/>"),
        ("notes", b"P5 is not always a picture"),
        ("a.tga", b"\0\0\2" + bytes(9) + b"\2\0\2\0\x18\0" + bytes(12)),
    ],
)
def test_what_is_no_picture_of_a_safe_format_is_none(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    assert not is_picture(tmp_path / name)


@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
@pytest.mark.parametrize("orientation", TURNS)
def test_pictures_are_turned_as_exif_data_says(
    tmp_path: Path, orientation: int, suffix: str
) -> None:
    path = tmp_path / f"a.{suffix}"
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(COLOUR[0])
    stored.save(path, exif=exif, lossless=True)
    turned = read_picture(path, AS_IS)
    assert turned.turned
    np.testing.assert_array_equal(turned.pixels, np.asarray(stored.transpose(TURNS[orientation])))
    left = read_picture(path, PictureReading(ignore_exif=True))
    assert left.turned
    np.testing.assert_array_equal(left.pixels, COLOUR[0])


def test_damaged_exif_data_does_not_damage_a_picture(tmp_path: Path) -> None:
    Image.fromarray(GREY[0]).save(tmp_path / "a.png", exif=b"Exif\0\0II*\0\xff\xff")
    picture = read_picture(tmp_path / "a.png", AS_IS)
    np.testing.assert_array_equal(picture.pixels, GREY[0])
    assert not picture.turned


@pytest.mark.parametrize(
    ("background", "colour"),
    [
        ("white", (255, 255, 255)),
        ("#ff0000", (255, 0, 0)),
        ("1,2,3", (1, 2, 3)),
        ((1, 2, 3), (1, 2, 3)),
    ],
)
def test_what_is_transparent_is_laid_on_a_colour(
    tmp_path: Path, background: Any, colour: tuple[int, ...]
) -> None:
    Image.fromarray(np.dstack([COLOUR[0], opaque_but_for_two()])).save(tmp_path / "a.png")
    picture = read_picture(tmp_path / "a.png", PictureReading(background=background))
    assert picture.transparent
    expected = COLOUR[0].copy()
    expected[0, 0] = colour
    half = 128 / 255
    expected[1, 1] = np.rint(expected[1, 1] * half + np.array(colour) * (1 - half))
    np.testing.assert_array_equal(picture.pixels, expected)


def test_colours_beneath_what_is_transparent_can_be_kept(tmp_path: Path) -> None:
    Image.fromarray(np.dstack([COLOUR[0], opaque_but_for_two()])).save(tmp_path / "a.png")
    picture = read_picture(tmp_path / "a.png", PictureReading(background="none"))
    np.testing.assert_array_equal(picture.pixels, COLOUR[0])
    assert picture.transparent


def test_grey_on_grey_stays_grey_and_palettes_have_transparency_too(tmp_path: Path) -> None:
    Image.fromarray(np.dstack([GREY[0], opaque_but_for_two()])).save(tmp_path / "a.png")
    picture = read_picture(tmp_path / "a.png", AS_IS)
    assert picture.pixels.shape == GREY[0].shape
    assert picture.pixels[0, 0] == 255
    red = read_picture(tmp_path / "a.png", PictureReading(background="red"))
    assert red.pixels[0, 0].tolist() == [255, 0, 0]
    palette = Image.fromarray(COLOUR[0]).quantize(8)
    hole = np.asarray(palette) == 0
    palette.save(tmp_path / "p.png", transparency=0)
    picture = read_picture(tmp_path / "p.png", AS_IS)
    assert (picture.pixels[hole] == 255).all()
    np.testing.assert_array_equal(picture.pixels[~hole], np.asarray(palette.convert("RGB"))[~hole])


def test_opacity_that_is_full_is_not_spoken_of(tmp_path: Path) -> None:
    opacity = np.full(GREY[0].shape, 255, dtype=np.uint8)
    Image.fromarray(np.dstack([COLOUR[0], opacity])).save(tmp_path / "a.png")
    picture = read_picture(tmp_path / "a.png", AS_IS)
    assert not picture.transparent
    np.testing.assert_array_equal(picture.pixels, COLOUR[0])


def test_a_background_that_is_no_colour_is_refused() -> None:
    for background in ("blurple", (1, 2), "1,2,3,4,5"):
        with pytest.raises(UsageError, match="background"):
            PictureReading(background=background)


@pytest.mark.parametrize("suffix", ["gif", "png", "tif", "webp"])
def test_of_several_frames_the_first_is_taken(tmp_path: Path, suffix: str) -> None:
    first, second = (Image.fromarray(COLOUR[i] // 128 * 128) for i in (0, 1))
    path = tmp_path / f"a.{suffix}"
    first.save(path, save_all=True, append_images=[second], lossless=True)
    picture = read_picture(path, AS_IS)
    assert picture.several
    np.testing.assert_array_equal(picture.pixels, np.asarray(first))


def test_other_modes_of_colour_become_rgb_and_that_is_said(tmp_path: Path) -> None:
    Image.fromarray(COLOUR[0]).convert("CMYK").save(tmp_path / "a.tif")
    picture = read_picture(tmp_path / "a.tif", AS_IS)
    assert picture.converted == "CMYK"
    np.testing.assert_array_equal(picture.pixels, COLOUR[0])


def test_two_shades_are_black_and_white(tmp_path: Path) -> None:
    Image.fromarray(GREY[0] > 100).save(tmp_path / "a.png")
    pixels = read_picture(tmp_path / "a.png", AS_IS).pixels
    np.testing.assert_array_equal(pixels, np.where(GREY[0] > 100, 255, 0))


@pytest.mark.parametrize("big", [False, True])
def test_numbers_of_16_and_32_bits_are_kept(tmp_path: Path, big: bool) -> None:
    words = GREY[0].astype(np.uint16) * 17 + 1
    write_tiff(tmp_path / "a.tif", words, 1, big=big)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.tif", AS_IS).pixels, words)
    write_tiff(tmp_path / "a.tif", words, 0, big=False)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.tif", AS_IS).pixels, 65535 - words)
    floats = GREY[0].astype(np.float32) / 7 - 3
    write_tiff(tmp_path / "f.tif", floats, 1, big=big)
    np.testing.assert_array_equal(read_picture(tmp_path / "f.tif", AS_IS).pixels, floats)
    write_tiff(tmp_path / "f.tif", floats, 0)
    with pytest.raises(DataError, match="0 is white"):
        read_picture(tmp_path / "f.tif", AS_IS)


def test_a_portable_greymap_of_16_bits(tmp_path: Path) -> None:
    words = GREY[0].astype(np.uint16) * 257
    path = tmp_path / "a.pgm"
    path.write_bytes(b"P5 4 5 65535\n" + words.astype(">u2").tobytes())
    picture = read_picture(path, AS_IS)
    assert picture.pixels.dtype == np.uint16
    np.testing.assert_array_equal(picture.pixels, words)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_scaling_keeps_the_kind_of_numbers(tmp_path: Path, dtype: type) -> None:
    flat: np.ndarray = np.full((8, 6), 77, dtype=dtype)
    Image.fromarray(flat).save(tmp_path / "a.tif")
    picture = read_picture(tmp_path / "a.tif", PictureReading(size=(4, 5)))
    assert picture.pixels.dtype == dtype
    np.testing.assert_array_equal(picture.pixels, np.full((4, 5), 77, dtype=dtype))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "JPEG2000"])
def test_a_picture_cut_off_is_named(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(np.tile(COLOUR[0], (9, 9, 1))).save(path, format=form)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(DataError, match=r"a\.png cannot be read as a picture"):
        read_picture(path, AS_IS)


def test_a_picture_that_says_it_is_far_too_large_is_refused(tmp_path: Path) -> None:
    path = write_bomb(tmp_path / "a")
    assert is_picture(path)
    with pytest.raises(DataError, match="exceeds limit"):
        read_picture(path, AS_IS)


def test_what_is_below_pillow_says_nothing_of_damage(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.tif"
    Image.fromarray(COLOUR[0]).save(path, compression="jpeg")
    content = path.read_bytes()
    path.write_bytes(content.replace(b"\xff\xd8", b"\xe7\xda"))
    with pytest.raises(DataError, match="cannot be read"):
        read_picture(path, AS_IS)
    assert capfd.readouterr().err == ""
    path.write_bytes(content)
    assert read_picture(path, AS_IS).pixels.shape == COLOUR[0].shape
    os.write(2, b"heard again")
    assert capfd.readouterr().err == "heard again"
