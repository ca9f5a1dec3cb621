"""Which folders are classes, what their numbers are, and what was not read."""

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from robaudit import read_images
from robaudit.errors import DataError
from tests.support.labelled_images import COLOUR, GREY, LABELS, write_pictures

NAMES = ["a", "b", "c"]


def test_folders_named_by_numbers_are_in_the_order_of_these(tmp_path: Path) -> None:
    write_pictures(tmp_path, GREY, LABELS, ["10", "9", "08"])
    images = read_images(tmp_path)
    assert images.class_names == ("08", "9", "10")
    assert not images.by_alphabet
    assert images.labels is not None
    assert images.labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert (np.asarray(images.pixels)[0, ..., 0] == GREY[2]).all()


def test_two_folders_of_one_number_are_refused(tmp_path: Path) -> None:
    write_pictures(tmp_path, GREY, LABELS, ["1", "01", "2"])
    with pytest.raises(DataError, match="two folders for class 1: 01 and 1"):
        read_images(tmp_path)


def test_an_empty_class_keeps_its_place_and_is_told_of(tmp_path: Path) -> None:
    write_pictures(tmp_path, GREY, LABELS, ["a", "c", "d"])
    (tmp_path / "b").mkdir()
    (tmp_path / "b/.gitkeep").touch()
    images = read_images(tmp_path)
    assert images.class_names == ("a", "b", "c", "d")
    assert images.labels is not None
    assert images.labels.tolist() == [0, 0, 2, 2, 3, 3]
    assert images.notes == ("Class folders without pictures: 1 (b).",)


def test_among_numbers_no_word_is_a_class_unless_it_has_pictures(tmp_path: Path) -> None:
    write_pictures(tmp_path, GREY, LABELS, ["2", "10", "1"])
    (tmp_path / "runs").mkdir()
    (tmp_path / "7").mkdir()
    (tmp_path / "7/notes.txt").touch()
    images = read_images(tmp_path)
    assert images.class_names == ("1", "2", "7", "10")
    assert "Folders without pictures, taken for no classes: 1 (runs)." in images.notes


def test_a_folder_of_other_files_is_no_class(tmp_path: Path) -> None:
    write_pictures(tmp_path, GREY, LABELS, NAMES)
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations/1.xml").write_text("<a/>")
    images = read_images(tmp_path)
    assert images.class_names == ("a", "b", "c")
    assert images.notes == ("Folders without pictures, taken for no classes: 1 (annotations).",)


def test_a_folder_of_pictures_that_are_not_read_stays_a_class(tmp_path: Path) -> None:
    write_pictures(tmp_path, GREY, LABELS, ["a", "c", "d"])
    (tmp_path / "b").mkdir()
    (tmp_path / "b/1.heic").write_bytes(b"a format that is not read")
    images = read_images(tmp_path)
    assert images.class_names == ("a", "b", "c", "d")
    assert images.notes == (
        "Class folders without pictures: 1 (b).",
        "Files that are no pictures of a format that is read: 1 (b/1.heic).",
    )


def test_what_was_not_read_is_counted_and_named(tmp_path: Path) -> None:
    write_pictures(tmp_path, GREY, LABELS, NAMES)
    for name in ("1.heic", "2.svg", "3.psd", "notes.txt"):
        (tmp_path / "b" / name).write_bytes(b"no picture that is read")
    Image.fromarray(GREY[0]).save(tmp_path / "overview.png")
    assert read_images(tmp_path).notes == (
        "Pictures outside the class folders, not read: 1 (overview.png).",
        "Files that are no pictures of a format that is read: 4 "
        "(b/1.heic, b/2.svg, b/3.psd and 1 more).",
    )


def test_where_nothing_is_read_it_is_said_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/1.heic").write_bytes(b"no")
    with pytest.raises(DataError, match=r"no folders of pictures, but a/1\.heic"):
        read_images(tmp_path)


def test_pictures_deeper_down_belong_to_their_class(tmp_path: Path) -> None:
    write_pictures(tmp_path, GREY[:3], LABELS[:3], NAMES)
    write_pictures(tmp_path, GREY[3:], LABELS[3:], ["a/day", "b/night", "c/day/noon"], start=3)
    images = read_images(tmp_path)
    assert images.labels is not None
    assert images.labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert images.notes[0].startswith("Pictures in folders within class folders, read as theirs: 3")


def test_one_folder_within_each_class_is_of_no_matter(tmp_path: Path) -> None:
    write_pictures(tmp_path, GREY, LABELS, ["a/images", "b/images", "c/images"])
    assert read_images(tmp_path).class_names == ("a", "b", "c")


@pytest.mark.parametrize(
    "outer", [["animals"], ["fold1", "fold2"], ["animals/all"], ["fold1/fold1", "fold2/fold2"]]
)
def test_folders_that_may_be_parts_are_not_taken_for_classes(
    tmp_path: Path, outer: list[str]
) -> None:
    for folder in outer:
        write_pictures(tmp_path / folder, GREY, LABELS, NAMES)
    with pytest.raises(DataError, match=rf"pictures several folders deep.* give \S*{outer[0]} as"):
        read_images(tmp_path)
    assert len(read_images(tmp_path / outer[0])) == 6


@pytest.mark.parametrize("names", [["train", "test"], ["train", "test1"], ["val"]])
def test_pictures_in_parts_of_a_data_set_are_of_no_class(tmp_path: Path, names: list[str]) -> None:
    write_pictures(tmp_path, GREY[:4], LABELS[:4] % len(names), names)
    with pytest.raises(DataError, match=r"called as parts.* need a file of `labels`"):
        read_images(tmp_path)


def test_a_name_is_one_name_however_its_letters_are_stored(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "Bär")
    write_pictures(tmp_path, GREY, LABELS, [decomposed, "b", "c"])
    assert read_images(tmp_path).class_names == ("Bär", "b", "c")
    write_pictures(tmp_path, GREY, LABELS, [unicodedata.normalize("NFC", "Bär"), "b", "c"])
    if len(list(tmp_path.iterdir())) == 4:  # not all systems tell the two apart
        with pytest.raises(DataError, match="two folders named 'Bär'"):
            read_images(tmp_path)


def test_a_link_that_leads_back_is_not_followed(tmp_path: Path) -> None:
    write_pictures(tmp_path, COLOUR, LABELS, NAMES)
    (tmp_path / "a/all").symlink_to(tmp_path)
    assert len(read_images(tmp_path)) == 6
