"""Images of what lies in memory, and errors that name the argument and never a flag."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from robaudit import Images, images_from_arrays, read_images
from robaudit.data.memory.in_memory import as_images
from robaudit.errors import DataError, RobauditError, UsageError
from robaudit.storage import mapped
from tests.support.labelled_images import COLOUR, GREY, LABELS, write_pictures

PICTURES = [Image.fromarray(one) for one in COLOUR]


@pytest.mark.parametrize(
    "data",
    [
        (COLOUR, LABELS),
        [COLOUR, LABELS],
        (COLOUR.transpose(0, 3, 1, 2), LABELS[:, None]),
        (list(COLOUR), LABELS.tolist()),
        (PICTURES, LABELS.tolist()),
        (COLOUR, np.eye(3)[LABELS]),
        {"images": COLOUR, "labels": LABELS},
        {"X_test": COLOUR, "y_test": LABELS, "X_train": GREY},
        list(zip(PICTURES, LABELS.tolist(), strict=True)),
        ((one, label) for one, label in zip(COLOUR, LABELS, strict=True)),
        images_from_arrays(COLOUR, LABELS),
    ],
)
def test_images_with_labels(data: Any) -> None:
    images = as_images(data)
    np.testing.assert_array_equal(images.pixels, COLOUR)
    assert images.labels is not None
    assert images.labels.tolist() == LABELS.tolist()
    assert images.pixel_range == (0, 255)


@pytest.mark.parametrize(
    "data",
    [COLOUR, list(COLOUR), PICTURES, COLOUR.tolist(), iter(COLOUR), (COLOUR[:3], COLOUR[3:])],
)
def test_images_without_labels(data: Any) -> None:
    if isinstance(data, tuple):
        data = [*data[0], *data[1]]
    images = images_from_arrays(data)
    np.testing.assert_array_equal(images.pixels, COLOUR)
    assert images.labels is None
    flat = images_from_arrays(GREY.reshape(6, -1).tolist(), LABELS.tolist())
    np.testing.assert_array_equal(flat.pixels, GREY.reshape(6, -1))


def test_two_images_are_no_images_and_labels() -> None:
    for data in ([COLOUR[0], COLOUR[1]], [GREY[0].tolist(), GREY[1].tolist()], PICTURES[:2]):
        assert len(as_images(data)) == 2


def test_a_path_is_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=GREY, y=LABELS)
    for path in (tmp_path / "d.npz", f"{tmp_path}/d.npz:x,y"):
        images = as_images(path)
        np.testing.assert_array_equal(np.asarray(images.pixels)[..., 0], GREY)
        assert images.source == str(path)
    named = images_from_arrays(tmp_path / "d.npz", class_names=["a", "b", "c"])
    assert named.class_names == ("a", "b", "c")
    assert named.sha256 == read_images(tmp_path / "d.npz").sha256
    with pytest.raises(UsageError, match="no data at"):
        as_images(tmp_path / "none.npz")


def test_paths_of_pictures_that_memory_should_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_pictures(tmp_path / "data", GREY, LABELS, ["a", "b", "c"])
    files = sorted(folder.rglob("*.png"))
    at_once = images_from_arrays(files, LABELS)
    monkeypatch.setattr(mapped, "MOST_IN_MEMORY", 0)
    by_rows = images_from_arrays([str(file) for file in files], LABELS)
    assert not isinstance(by_rows.pixels, np.ndarray)
    np.testing.assert_array_equal(by_rows.pixels, at_once.pixels)
    assert by_rows.sha256 == at_once.sha256
    again = images_from_arrays(by_rows)
    np.testing.assert_array_equal(again.unit_pixels(slice(2, 4)), at_once.unit_pixels(slice(2, 4)))


def test_paths_of_pictures(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for path, picture in zip(paths, PICTURES, strict=False):
        picture.save(path)
    np.testing.assert_array_equal(images_from_arrays(paths, [0, 1, 2]).pixels, COLOUR[:3])


def test_images_themselves_stay_as_they_are(digits: Images) -> None:
    assert as_images(digits) is digits


def test_pictures_are_taken_as_they_are_in_memory() -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    picture = PICTURES[0].copy()
    picture.info["exif"] = exif.tobytes()
    images = as_images([picture])
    np.testing.assert_array_equal(np.asarray(images.pixels)[0], COLOUR[0])
    assert images.notes == (
        "Left as stored, where EXIF data says that they are to be turned: 1 of 1 pictures "
        "(picture 0).",
    )
    clear = Image.fromarray(np.dstack([COLOUR[0], np.zeros(GREY[0].shape, dtype=np.uint8)]))
    images = as_images(clear)
    assert (np.asarray(images.pixels) == 255).all()
    assert images.notes[0].startswith("Transparent parts laid on white")


def test_names_of_classes() -> None:
    words = np.array(["eel", "cat", "dog"])[LABELS]
    for y in (words, words.tolist(), words.astype(object), words.astype("S3")):
        images = images_from_arrays(GREY, y)
        assert images.class_names == ("cat", "dog", "eel")
        assert images.by_alphabet
    images = images_from_arrays(GREY, words, class_names=["eel", "cat", "dog"])
    assert images.labels is not None
    assert images.labels.tolist() == LABELS.tolist()
    assert not images.by_alphabet
    with pytest.raises(DataError, match="label 2 at row 2"):
        images_from_arrays(GREY, LABELS, class_names=["a", "b"])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (3, "a value of type int"),
        (None, "a value of type NoneType"),
        (len, "a value of type builtin_function_or_method"),
        (b"bytes", "a value of type bytes"),
        (list, "a value of type type"),
        ([], "no images at all"),
        ((), "no images at all"),
        ([COLOUR[0], COLOUR[1][:3]], r"shapes \(5, 4, 3\) and \(3, 4, 3\), at places 0 and 1"),
        ([COLOUR[0], COLOUR[1] / 255], "types float64, uint8"),
        ([PICTURES[0], PICTURES[1].resize((9, 9))], "picture 1 is 9x9"),
        (((COLOUR, LABELS), (COLOUR, LABELS)), "2 pairs of images and labels"),
        ((COLOUR, COLOUR[:3], LABELS, LABELS[:3]), "images of shapes"),
        ({"a": GREY, "b": GREY}, "arrays named a"),
        (np.array([None]), "a value of type NoneType"),
        ((COLOUR, None), "a value of type NoneType"),
        ((LABELS, COLOUR), "labels, and then images.*in this order"),
        ((LABELS.tolist(), PICTURES), "labels, and then images.*in this order"),
        (
            {"data": GREY.reshape(6, -1), "images": GREY},
            r"as a pair: \(images, labels\)",
        ),
        ([object()], "a value of type object"),
        ([[1, 2], [3]], r"shapes \(2,\) and \(1,\)"),
        ([[[1, 2], [3]]], "several lengths"),
        ((COLOUR, LABELS[:4]), "labels of shape"),
        (COLOUR.astype(np.float32), r"pixel_range=\(0, 255\)"),
        ((COLOUR / 255 - 0.5) / 0.2, "as they were before"),
        ([(COLOUR[0], 1, 2)], "items of 3 parts"),
        ([(COLOUR[0], 1), (COLOUR[1],)], "labels for some images alone"),
    ],
)
def test_errors_name_the_argument(data: Any, words: str) -> None:
    with pytest.raises(RobauditError, match=words) as caught:
        as_images(data, "train")
    assert str(caught.value).startswith("train: ")
    assert "--" not in str(caught.value)
