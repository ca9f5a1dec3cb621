"""Reading labelled images: archives, labels, names, and every way in which files are wrong."""

import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from robaudit import read_images
from robaudit.data.files import digest, split_names
from robaudit.errors import DataError, UsageError
from tests.support.labelled_images import COLOUR, GREY, LABELS, write_idx, write_pictures

random = np.random.default_rng(0)


def test_a_member_without_the_ending_does_not_take_the_place_of_an_array(tmp_path: Path) -> None:
    """NumPy finds both by the same name, and would give the one that nobody looked at."""
    path = tmp_path / "data.npz"
    np.savez(path, x_test=GREY, y_test=LABELS)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("x_test", b"no array")
        archive.writestr("y_test", pickle.dumps(print))
    images = read_images(path)
    np.testing.assert_array_equal(np.asarray(images.pixels)[..., 0], GREY)
    assert images.labels is not None
    assert images.labels.tolist() == LABELS.tolist()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_test", b"no array")
    with pytest.raises(DataError, match="without arrays, but with x_test"):
        read_images(path)


def test_npz_takes_the_test_part_unless_told_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    np.savez(path, x_test=GREY, y_test=LABELS, x_train=GREY[:2], y_train=LABELS[:2])
    images = read_images(path)
    assert images.split == "test"
    assert images.pixels.shape == (6, 5, 4, 1)
    np.testing.assert_allclose(images.unit_pixels(slice(2, 3))[0, ..., 0], GREY[2] / 255, rtol=1e-6)
    assert images.labels is not None
    assert images.labels.tolist() == LABELS.tolist()
    assert len(read_images(path, split="train")) == 2
    with pytest.raises(DataError, match="x_val"):
        read_images(path, split="val")


def test_npz_with_plain_names(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    np.savez(path, x=COLOUR, y=LABELS)
    images = read_images(path)
    assert images.image_shape == (5, 4, 3)
    assert images.split is None
    np.savez(path, x=GREY)
    assert read_images(path).labels is None


def test_npy_pair(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", COLOUR.transpose(0, 3, 1, 2))
    np.save(tmp_path / "y.npy", np.eye(3)[LABELS])
    images = read_images(tmp_path / "x.npy", labels=tmp_path / "y.npy")
    np.testing.assert_array_equal(images.pixels, COLOUR)
    assert images.labels is not None
    assert images.labels.tolist() == LABELS.tolist()
    assert read_images(tmp_path / "x.npy").labels is None


def test_labels_as_text(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", GREY)
    (tmp_path / "y.txt").write_text("\n".join(map(str, LABELS)))
    images = read_images(tmp_path / "x.npy", labels=tmp_path / "y.txt")
    assert images.labels is not None
    assert images.labels.tolist() == LABELS.tolist()
    (tmp_path / "y.txt").write_text("cat\ndog\neel\ncat\ndog\neel\n")
    images = read_images(tmp_path / "x.npy", labels=tmp_path / "y.txt")
    assert images.labels is not None
    assert images.labels.tolist() == LABELS.tolist()
    assert images.class_names == ("cat", "dog", "eel")
    assert images.by_alphabet


def wrong_npz(path: Path) -> None:
    np.savez(path, left=GREY, right=GREY)


def plain_npz(path: Path) -> None:
    np.savez(path, x=GREY)


def pickled_npz(path: Path) -> None:
    np.savez(path, x=np.array([{}], dtype=object))


def pickled_npy(path: Path) -> None:
    np.save(path, np.array([{}]))


def plain_npy(path: Path) -> None:
    np.save(path, GREY)


def plain_idx(path: Path) -> None:
    write_idx(path, GREY)


def picture(path: Path) -> None:
    Image.fromarray(GREY[0]).save(path)


def zip_of_pictures(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cat/1.png", b"")


def folder_without_classes(path: Path) -> None:
    path.mkdir()
    Image.new("L", (2, 2)).save(path / "1.png")


def folder_with_a_false_picture(path: Path) -> None:
    (path / "a").mkdir(parents=True)
    (path / "a/1.png").write_bytes(b"no")


def half(write: Callable[[Path], None]) -> Callable[[Path], None]:
    """Make a writer whose file is cut in the middle."""

    def write_half(path: Path) -> None:
        write(path)
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])

    return write_half


def holding(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "write", "words"),
    [
        ("a.npz", wrong_npz, r"arrays named left \(6, 5, 4\), right"),
        ("a.npz", pickled_npz, "pickles"),
        ("a.npz", half(plain_npz), "no format that is known"),
        ("a.npz", zip_of_pictures, r"a zip archive without arrays, but with cat/1\.png"),
        ("a.png", picture, "a single picture"),
        ("a.h5", holding(b"\x89HDF\r\n\x1a\n"), "an HDF5 file"),
        ("a.npy", holding(b"version https://git-lfs.github.com/spec/v1\n"), "git lfs pull"),
        ("a.npy", half(plain_npy), "damaged"),
        ("a.npy", pickled_npy, "pickles"),
        ("a.npz", holding(b""), "an empty file"),
        ("a.txt", holding(b"hello"), "no format that is known"),
        ("data_batch_1", holding(pickle.dumps([1])), "a pickle"),
        ("x-images-idx3-ubyte", half(plain_idx), "bytes"),
        ("x-images-idx3-ubyte.gz", half(plain_idx), "damaged"),
        ("a.bin", holding(bytes(3000)), "no format that is known"),
        ("folder", Path.mkdir, "no folders of pictures"),
        ("folder", folder_without_classes, "outside"),
        ("folder", folder_with_a_false_picture, "cannot be read as a picture"),
    ],
)
def test_files_that_cannot_be_read(
    tmp_path: Path, name: str, write: Callable[[Path], object], words: str
) -> None:
    path = tmp_path / name
    write(path)
    with pytest.raises(DataError, match=words) as caught:
        read_images(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["x.npy", "t10k-images-idx3-ubyte"])
def test_a_split_of_what_has_no_parts_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    plain_npy(path) if name == "x.npy" else plain_idx(path)
    with pytest.raises(UsageError, match="no parts"):
        read_images(path, split="train")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.npz")
    with pytest.raises(UsageError, match="no data"):
        read_images(tmp_path / "x.npz")
    np.save(tmp_path / "x.npy", GREY)
    with pytest.raises(UsageError, match="no labels"):
        read_images(tmp_path / "x.npy", labels=tmp_path / "x.npz")


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED])
def test_an_archive_with_damage_inside(tmp_path: Path, method: int) -> None:
    """Each decompressor has errors of its own."""
    np.save(tmp_path / "x.npy", random.integers(0, 256, (50, 9, 9), dtype=np.uint8))
    with zipfile.ZipFile(tmp_path / "data.npz", "w", compression=method) as archive:
        archive.write(tmp_path / "x.npy", "x.npy")
    content = bytearray((tmp_path / "data.npz").read_bytes())
    content[200:1200] = bytes(1000)
    (tmp_path / "data.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"damaged|cannot be read"):
        read_images(tmp_path / "data.npz")


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no data"):
        read_images(tmp_path / "none.npz")
    np.save(tmp_path / "x.npy", GREY)
    with pytest.raises(UsageError, match="no labels"):
        read_images(tmp_path / "x.npy", labels=tmp_path / "none.npy")


def test_a_folders_digest_depends_on_names_and_contents(tmp_path: Path) -> None:
    write_pictures(tmp_path, GREY, LABELS, ["a", "b", "c"])
    before = digest(tmp_path)
    assert before == digest(tmp_path)
    (tmp_path / "a/0.png").rename(tmp_path / "a/9.png")
    assert digest(tmp_path) != before


@pytest.mark.parametrize("name", ["class_names", "target_names", "label_names", "Classes"])
@pytest.mark.parametrize("kind", [np.str_, np.bytes_])
def test_names_of_classes_beside_labels_are_theirs(tmp_path: Path, name: str, kind: type) -> None:
    path = tmp_path / "data.npz"
    arrays: dict[str, Any] = {name: np.array(["owl", "cat", "dog"]).astype(kind)}
    np.savez(path, x=GREY, y=LABELS, **arrays)
    images = read_images(path)
    assert images.class_names == ("owl", "cat", "dog")
    assert not images.by_alphabet
    assert images.labels is not None
    assert images.labels.tolist() == LABELS.tolist()


@pytest.mark.parametrize(
    "other",
    [
        np.arange(3),
        np.array(["owl", "cat", "owl"]),
        np.array(["owl", "cat"], dtype=object),
        np.array([], dtype="U3"),
    ],
)
def test_an_array_called_as_names_of_classes_may_be_none(tmp_path: Path, other: np.ndarray) -> None:
    np.savez(tmp_path / "data.npz", x=GREY, y=LABELS, classes=other)
    assert read_images(tmp_path / "data.npz").class_names is None


def test_arrays_are_named_behind_the_file(tmp_path: Path) -> None:
    path = tmp_path / "data:1.npz"
    np.savez(path, left=GREY, right=GREY[::-1], classes=LABELS)
    images = read_images(f"{path}:right,classes")
    np.testing.assert_array_equal(np.asarray(images.pixels)[..., 0], GREY[::-1])
    assert images.labels is not None
    assert images.labels.tolist() == LABELS.tolist()
    assert images.source == f"{path}:right,classes"
    assert images.sha256 == digest(path)
    assert read_images(f"{path}:left").labels is None
    np.save(tmp_path / "x.npy", GREY)
    with pytest.raises(UsageError, match=r"names of arrays for .*x\.npy"):
        read_images(f"{tmp_path}/x.npy:left")


def test_parts_of_a_data_set_are_named_as_usual(tmp_path: Path) -> None:
    write_pictures(tmp_path / "d/training", GREY, LABELS, ["a", "b", "c"])
    write_pictures(tmp_path / "d/Valid", GREY, LABELS, ["a", "b", "c"])
    assert split_names(tmp_path / "d") == ("train", "val")
    write_pictures(tmp_path / "e", GREY, LABELS, ["train", "test", "c"])
    assert split_names(tmp_path / "e") == ()
    np.savez(tmp_path / "d.npz", X_train=GREY, X_valid=GREY, y_test=LABELS)
    assert split_names(tmp_path / "d.npz") == ("train", "val")
    assert split_names(Path(f"{tmp_path}/d.npz:X_train")) == ()


def test_pictures_are_read_as_asked(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "a").mkdir()
    holes = np.dstack([COLOUR[0], np.zeros(GREY[0].shape, dtype=np.uint8)])
    Image.fromarray(holes).save(tmp_path / "a/1.png", exif=exif)
    images = read_images(tmp_path, background="#010203", ignore_exif=True)
    assert images.image_shape == (5, 4, 3)
    assert np.asarray(images.pixels)[0, 0, 0].tolist() == [1, 2, 3]
    assert read_images(tmp_path).image_shape == (4, 5, 3)
    assert len(read_images(tmp_path).notes) == 2
