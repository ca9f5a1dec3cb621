"""Folders of pictures: one a class, of all sizes and kinds of pixels."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from robaudit import read_images
from robaudit.errors import DataError
from tests.support.labelled_images import COLOUR, GREY, LABELS, write_pictures


def test_folders_of_pictures(tmp_path: Path) -> None:
    write_pictures(tmp_path / "flat", COLOUR, LABELS, ["cat", "dog", "eel"])
    images = read_images(tmp_path / "flat")
    assert images.class_names == ("cat", "dog", "eel")
    order = np.argsort(LABELS, kind="stable")
    np.testing.assert_array_equal(images.pixels, COLOUR[order])
    write_pictures(tmp_path / "split/test", GREY, LABELS, ["10", "9", "8"])
    write_pictures(tmp_path / "split/train", GREY[:3], LABELS[:3], ["10", "9", "8"])
    images = read_images(tmp_path / "split")
    assert images.class_names is None
    assert images.labels is not None
    assert images.labels.tolist() == [8, 8, 9, 9, 10, 10]
    assert images.image_shape == (5, 4, 1)
    assert len(read_images(tmp_path / "split", split="train")) == 3


def test_pictures_of_several_sizes_are_cropped_only_on_request(tmp_path: Path) -> None:
    write_pictures(tmp_path, COLOUR[:3], LABELS[:3], ["a", "b", "c"])
    write_pictures(tmp_path, GREY[3:, :4], LABELS[3:], ["a", "b", "c"], start=3)
    with pytest.raises(DataError, match="--image-size"):
        read_images(tmp_path)
    assert read_images(tmp_path, image_size=(8, 6)).image_shape == (8, 6, 3)


def test_sixteen_bit_and_palette_pictures(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    Image.fromarray(GREY[0].astype(np.uint16) * 257).save(tmp_path / "a/1.png")
    assert read_images(tmp_path).pixel_range == (0.0, 65535.0)
    Image.fromarray(COLOUR[0]).quantize(4).save(tmp_path / "a/1.png")
    assert read_images(tmp_path).image_shape == (5, 4, 3)


def test_pictures_of_sixteen_and_of_eight_bits_together(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    Image.fromarray(GREY[0].astype(np.uint16) * 257).save(tmp_path / "a/1.png")
    Image.fromarray(GREY[1]).save(tmp_path / "a/2.png")
    np.testing.assert_array_equal(read_images(tmp_path).pixels[..., 0], GREY[:2])


def test_hidden_files_and_folders_are_passed_by(tmp_path: Path) -> None:
    write_pictures(tmp_path, COLOUR, LABELS, ["a", "b", "c"])
    write_pictures(tmp_path, COLOUR, LABELS, [".cache", ".x", ".y"])
    (tmp_path / "a/._1.png").write_bytes(b"what another system leaves behind")
    assert read_images(tmp_path).class_names == ("a", "b", "c")
