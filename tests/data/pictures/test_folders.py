"""Folders of pictures: of which part, of all sizes and kinds of pixels."""

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from robaudit import read_images
from robaudit.errors import DataError
from tests.support.labelled_images import COLOUR, GREY, LABELS, write_pictures
from tests.support.pictures import write_tiff

NAMES = ["cat", "dog", "eel"]


def test_folders_of_pictures(tmp_path: Path) -> None:
    write_pictures(tmp_path / "flat", COLOUR, LABELS, NAMES)
    images = read_images(tmp_path / "flat")
    assert images.class_names == ("cat", "dog", "eel")
    assert images.by_alphabet
    order = np.argsort(LABELS, kind="stable")
    np.testing.assert_array_equal(images.pixels, COLOUR[order])
    write_pictures(tmp_path / "split/test", GREY, LABELS, NAMES)
    write_pictures(tmp_path / "split/train", GREY[:3], LABELS[:3], NAMES)
    images = read_images(tmp_path / "split")
    assert images.split == "test"
    assert images.image_shape == (5, 4, 1)
    assert len(read_images(tmp_path / "split", split="train")) == 3


@pytest.mark.parametrize("name", ["val", "Valid", "validation"])
def test_the_validation_part_stands_in_for_one_to_test_on(tmp_path: Path, name: str) -> None:
    write_pictures(tmp_path / "train", GREY, LABELS, NAMES)
    write_pictures(tmp_path / name, GREY[:3], LABELS[:3], NAMES)
    images = read_images(tmp_path)
    assert images.split == name
    assert len(images) == 3
    assert images.notes == (f"The data has no part for testing: its part {name} was taken.",)
    assert read_images(tmp_path, split="val").split == name


@pytest.mark.parametrize(
    "names",
    [
        ["test_set/test_set", "training_set/training_set"],
        ["seg_test/seg_test", "seg_train/seg_train"],
        ["Test Images", "Train Images"],
        ["animals/test", "animals/train"],
    ],
)
def test_parts_are_found_as_archives_are_unpacked(tmp_path: Path, names: list[str]) -> None:
    root = tmp_path / "animals"
    write_pictures(root / names[0], GREY, LABELS, NAMES)
    write_pictures(root / names[1], GREY[:3], LABELS[:3], NAMES)
    images = read_images(root)
    assert images.class_names == tuple(NAMES)
    assert len(images) == 6
    assert len(read_images(root, split="train")) == 3


def test_a_part_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    write_pictures(tmp_path / "training", GREY, LABELS, NAMES)
    with pytest.raises(DataError, match='split="training"'):
        read_images(tmp_path)
    assert read_images(tmp_path, split="train").split == "training"
    with pytest.raises(DataError, match="no part named fog; expected one of training"):
        read_images(tmp_path, split="fog")


def test_a_class_may_be_called_as_parts_are(tmp_path: Path) -> None:
    write_pictures(tmp_path, GREY, LABELS, ["bus", "test", "train"])
    images = read_images(tmp_path)
    assert images.class_names == ("bus", "test", "train")
    assert images.split is None


def test_pictures_of_several_sizes_are_cropped_only_on_request(tmp_path: Path) -> None:
    write_pictures(tmp_path, COLOUR[:3], LABELS[:3], ["a", "b", "c"])
    write_pictures(tmp_path, GREY[3:, :4], LABELS[3:], ["a", "b", "c"], start=3)
    with pytest.raises(DataError, match="image_size="):
        read_images(tmp_path)
    assert read_images(tmp_path, image_size=(8, 6)).image_shape == (8, 6, 3)


def test_sixteen_bit_and_palette_pictures(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    Image.fromarray(GREY[0].astype(np.uint16) * 257).save(tmp_path / "a/1.png")
    assert read_images(tmp_path).pixel_range == (0.0, 65535.0)
    Image.fromarray(COLOUR[0]).quantize(4).save(tmp_path / "a/1.png")
    assert read_images(tmp_path).image_shape == (5, 4, 3)


def test_hidden_files_and_folders_are_passed_by(tmp_path: Path) -> None:
    write_pictures(tmp_path, COLOUR, LABELS, ["a", "b", "c"])
    write_pictures(tmp_path, COLOUR, LABELS, [".cache", "__MACOSX", "@eaDir"])
    (tmp_path / "a/._1.png").write_bytes(b"what another system leaves behind")
    (tmp_path / "a/Thumbs.db").write_bytes(b"likewise")
    images = read_images(tmp_path)
    assert images.class_names == ("a", "b", "c")
    assert not images.notes


def test_what_pillow_logs_of_a_damaged_picture_is_unheard(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_pictures(tmp_path, GREY, LABELS, NAMES)
    path = write_tiff(tmp_path / "cat/a.tif", GREY[0], 1)
    samples = struct.pack("<HHIH", 277, 3, 1, 1)
    path.write_bytes(path.read_bytes().replace(samples, samples[:-2] + b"\x00\x80"))
    with pytest.raises(DataError, match=r"a\.tif cannot be read as a picture"):
        read_images(tmp_path)
    assert not caplog.records


def test_files_are_named_from_the_folder_that_was_given(tmp_path: Path) -> None:
    write_pictures(tmp_path / "set/set/test", GREY, LABELS, NAMES)
    images = read_images(tmp_path / "set")
    assert images.files is not None
    assert images.files[0] == "set/test/cat/0.png"
    assert all((tmp_path / "set" / file).is_file() for file in images.files)
