"""Pictures without class folders, whose labels lie in a file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from robaudit import read_images
from robaudit.errors import DataError
from tests.support.labelled_images import write_pictures

COUNT = 12
PIXELS = np.arange(COUNT, dtype=np.uint8)[:, None, None] * np.full((1, 5, 4), 20, dtype=np.uint8)
"""Pictures whose brightness is their number."""

Labels = Callable[[str], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of pictures that are named by their numbers."""
    (tmp_path / "pictures").mkdir()
    for number in range(COUNT):
        Image.fromarray(PIXELS[number]).save(tmp_path / f"pictures/img{number}.png")
    return tmp_path / "pictures"


@pytest.fixture
def labels(tmp_path: Path) -> Labels:
    """Give a function that writes a file of labels."""

    def write(text: str) -> Path:
        path = tmp_path / "labels.txt"
        path.write_text(text)
        return path

    return write


def label_by_number(path: Path, file: Path) -> dict[int, object]:
    """Give the label, or its name, of each picture by its number."""
    images = read_images(path, labels=file)
    assert images.labels is not None
    names = images.class_names
    return {
        int(pixels[0, 0, 0]) // 20: names[label] if names else int(label)
        for pixels, label in zip(np.asarray(images.pixels), images.labels, strict=True)
    }


EXPECTED = {number: number % 3 for number in range(COUNT)}
NAMED = {number: "xyz"[number % 3] for number in range(COUNT)}


def test_labels_go_by_the_order_of_names_with_numbers_as_numbers(
    folder: Path, labels: Labels
) -> None:
    file = labels("".join(f"{i % 3}\n" for i in range(COUNT)))
    assert label_by_number(folder, file) == EXPECTED
    (note,) = read_images(folder, labels=file).notes
    assert note.endswith("numbers in them as numbers: img2.png before img10.png.")


def test_names_of_equal_length_leave_no_doubt(tmp_path: Path, labels: Labels) -> None:
    for number in range(COUNT):
        Image.fromarray(PIXELS[number]).save(tmp_path / f"{number:03}.png")
    file = labels("".join(f"{i % 3}\n" for i in range(COUNT)))
    images = read_images(tmp_path, labels=file)
    assert images.notes == ("Labels were given to the pictures in the order of their names.",)


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("", "img{i}.png {label}"),
        ("", "./img{i}.png,{label}"),
        ("filename,label", "img{i}.png,{label}"),
        ("id,label", "img{i},{label}"),
        ("label;image", "{label};data\\img{i}.png"),
        ("file label", "img{i}.png {label}"),
        ("Unnamed: 0,file_name,class", "9{i},img{i}.png,{label}"),
    ],
)
def test_labels_go_by_the_names_of_pictures_where_the_file_has_them(
    folder: Path, labels: Labels, head: str, row: str
) -> None:
    rows = [row.format(i=i, label="xyz"[i % 3]) for i in reversed(range(COUNT))]
    assert label_by_number(folder, labels("\n".join([head, *rows] if head else rows))) == NAMED


def test_numbers_in_front_of_labels_count_the_pictures(folder: Path, labels: Labels) -> None:
    rows = [f"{i},{i % 3}" for i in reversed(range(COUNT))]
    assert label_by_number(folder, labels("\n".join(["id,label", *rows]))) == EXPECTED


def test_paths_of_pictures_in_folders(tmp_path: Path, labels: Labels) -> None:
    write_pictures(tmp_path / "d", PIXELS[:4], np.array([0, 1, 0, 1]), ["a", "b"])
    for number in (0, 1):  # one name in two folders
        Image.fromarray(PIXELS[4 + number]).save(tmp_path / f"d/{'ab'[number]}/same.png")
    rows = ["a/0.png,2", "b/1.png,1", "a/2.png,2", "b/3.png,0", "a/same.png,5", "b/same.png,6"]
    found = label_by_number(tmp_path / "d", labels("\n".join(rows)))
    assert found == {0: 2, 1: 1, 2: 2, 3: 0, 4: 5, 5: 6}
    with pytest.raises(DataError, match=r"same\.png, which has a label, may be"):
        read_images(tmp_path / "d", labels=labels("\n".join(["same.png,1", *rows])))


def test_labels_of_pictures_that_are_not_there_are_counted(folder: Path, labels: Labels) -> None:
    rows = [f"img{i}.png,{i % 3}" for i in range(COUNT + 2)]
    images = read_images(folder, labels=labels("\n".join(rows)))
    assert images.notes == ("Labels of pictures that are not there: 2 (img12.png, img13.png).",)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([f"img{i}.png,1" for i in range(COUNT - 1)], r"1 of 12 pictures have no label: img11\.p"),
        ([f"img{i}.png,1" for i in (0, *range(COUNT))], r"two labels for img0\.png"),
        (["1"] * (COUNT - 1), r"labels of shape \(11,\) for 12 images"),
    ],
)
def test_labels_that_do_not_fit_the_pictures(
    folder: Path, labels: Labels, rows: list[str], words: str
) -> None:
    with pytest.raises(DataError, match=words):
        read_images(folder, labels=labels("\n".join(rows)))


def test_an_order_across_folders_is_not_guessed(tmp_path: Path, labels: Labels) -> None:
    write_pictures(tmp_path / "d", PIXELS[:4], np.array([0, 1, 0, 1]), ["a", "b"])
    with pytest.raises(DataError, match="pictures in 2 folders"):
        read_images(tmp_path / "d", labels=labels("0\n1\n0\n1\n"))


def test_pictures_of_a_part(tmp_path: Path, labels: Labels) -> None:
    for part in ("train", "test"):
        (tmp_path / "d" / part).mkdir(parents=True)
        for number in range(3):
            Image.fromarray(PIXELS[number]).save(tmp_path / f"d/{part}/{number}.png")
    images = read_images(tmp_path / "d", labels=labels("2\n1\n0\n"))
    assert images.split == "test"
    assert images.labels is not None
    assert images.labels.tolist() == [2, 1, 0]


def test_without_labels_a_file_of_them_is_asked_for(folder: Path) -> None:
    with pytest.raises(DataError, match=r"12 pictures outside class folders.*`labels`"):
        read_images(folder)


def test_pictures_keep_the_names_of_their_files(folder: Path, labels: Labels) -> None:
    images = read_images(folder, labels=labels("\n".join("ab" * (COUNT // 2))))
    assert images.files is not None
    assert list(images.files) == [
        f"img{pixels[0, 0, 0] // 20}.png" for pixels in np.asarray(images.pixels)
    ]
    few = images.take(np.array([3, 1]), "few")
    assert few.files == (images.files[3], images.files[1])
