"""Reading labelled images: every format, and every way in which files are wrong."""

import gzip
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from robaudit import images_from_arrays, read_images
from robaudit.data.files import digest, read_class_names, with_class_names
from robaudit.errors import DataError, RobauditError, UsageError

random = np.random.default_rng(0)
GREY = random.integers(0, 256, (6, 5, 4), dtype=np.uint8)
COLOUR = random.integers(0, 256, (6, 5, 4, 3), dtype=np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2], dtype=np.uint8)


def write_idx(path: Path, array: np.ndarray, code: int = 8) -> Path:
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    content = head + array.tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def write_cifar(path: Path, pixels: np.ndarray, labels: np.ndarray, label_bytes: int = 1) -> Path:
    planes = pixels.transpose(0, 3, 1, 2).reshape(len(pixels), -1)
    label_columns = np.repeat(labels[:, None], label_bytes, axis=1)
    label_columns[:, :-1] = 99
    path.write_bytes(np.concatenate([label_columns, planes], axis=1).astype(np.uint8).tobytes())
    return path


def write_pictures(
    root: Path, pixels: np.ndarray, labels: np.ndarray, names: list[str], start: int = 0
) -> Path:
    for number, (one, label) in enumerate(zip(pixels, labels, strict=True), start):
        folder = root / names[label]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(one).save(folder / f"{number}.png")
    return root


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
    (tmp_path / "y.txt").write_text("cat\ndog\n")
    with pytest.raises(DataError, match="one class number a line"):
        read_images(tmp_path / "x.npy", labels=tmp_path / "y.txt")


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_files_find_their_labels(tmp_path: Path, suffix: str) -> None:
    path = write_idx(tmp_path / f"t10k-images-idx3-ubyte{suffix}", GREY)
    write_idx(tmp_path / f"t10k-labels-idx1-ubyte{suffix}", LABELS)
    write_idx(tmp_path / f"train-images-idx3-ubyte{suffix}", GREY[:3])
    for images in (read_images(path), read_images(tmp_path)):
        np.testing.assert_array_equal(images.pixels[..., 0], GREY)
        assert images.labels is not None
        assert images.labels.tolist() == LABELS.tolist()
    assert len(read_images(tmp_path, split="train")) == 3


@pytest.mark.parametrize("label_bytes", [1, 2])
def test_cifar_batches(tmp_path: Path, label_bytes: int) -> None:
    pixels = random.integers(0, 256, (6, 32, 32, 3), dtype=np.uint8)
    name = "test_batch.bin" if label_bytes == 1 else "test.bin"
    path = write_cifar(tmp_path / name, pixels, LABELS, label_bytes)
    (tmp_path / "batches.meta.txt").write_text("\n".join("abc") + "\n\n")
    for images in (read_images(path), read_images(tmp_path)):
        np.testing.assert_array_equal(images.pixels, pixels)
        assert images.labels is not None
        assert images.labels.tolist() == LABELS.tolist()
        assert images.class_names == ("a", "b", "c")


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


def test_folder_names_are_matched_with_the_models_class_names(tmp_path: Path) -> None:
    write_pictures(tmp_path, COLOUR, LABELS, ["dog", "cat", "eel"])
    images = with_class_names(read_images(tmp_path), ("eel", "fox", "dog", "cat"))
    assert images.labels is not None
    assert images.labels.tolist() == [3, 3, 2, 2, 0, 0]
    assert images.class_names == ("eel", "fox", "dog", "cat")
    with pytest.raises(DataError, match="class 'cat'"):
        with_class_names(read_images(tmp_path), ("eel", "fox", "dog", "owl"))


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


@pytest.mark.parametrize(
    ("x", "pixel_range"),
    [
        (GREY, (0.0, 255.0)),
        (GREY.astype(np.int64), (0.0, 255.0)),
        (GREY.astype(np.uint16) * 257, (0.0, 65535.0)),
        (GREY / 255, (0.0, 1.0)),
        (GREY > 100, (0.0, 1.0)),
        ((GREY > 100).astype(np.uint8), (0.0, 1.0)),
    ],
)
def test_pixel_ranges(x: np.ndarray, pixel_range: tuple[float, float]) -> None:
    images = images_from_arrays(x)
    assert images.pixel_range == pixel_range
    pixels = images.unit_pixels(slice(None))
    assert pixels.dtype == np.float32
    assert pixels.min() >= 0
    assert pixels.max() <= 1


def test_a_pixel_range_that_is_given_is_taken() -> None:
    images = images_from_arrays(GREY.astype(np.float64), pixel_range=(0, 255))
    np.testing.assert_allclose(images.unit_pixels(slice(None))[..., 0], GREY / 255, rtol=1e-6)
    with pytest.raises(DataError, match="as --pixel-range says"):
        images_from_arrays(GREY, pixel_range=(0, 100))


def bad_nan(x: np.ndarray) -> np.ndarray:
    x = x / 255
    x[3, 0, 0] = np.nan
    return x


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (bad_nan(GREY), LABELS, "row 3"),
        (GREY.astype(float), LABELS, "--pixel-range"),
        (GREY.astype(float) / 255 - 0.5, LABELS, "as they were before"),
        (-GREY.astype(np.int64), LABELS, "integers from 0"),
        (GREY[:0], LABELS[:0], "no images"),
        (GREY[:, :0], LABELS, "no images"),
        (np.array(3), LABELS, "images of shape"),
        (GREY, LABELS[:4], "labels of shape"),
        (GREY, LABELS - 1.5, "class numbers from 0"),
        (GREY, -LABELS.astype(int), "class numbers from 0"),
        (GREY, LABELS.astype(str), "class numbers"),
        (GREY, np.full(6, np.nan), "class numbers"),
        (GREY[0, 0], LABELS, "images of shape"),
        (np.zeros((2, 3, 4, 5, 6)), LABELS[:2], "images of shape"),
        (GREY.astype(complex), LABELS, "pixels of type"),
    ],
)
def test_arrays_that_are_no_labelled_images(x: np.ndarray, y: np.ndarray, words: str) -> None:
    with pytest.raises(DataError, match=words):
        images_from_arrays(x, y)


def wrong_npz(path: Path) -> None:
    np.savez(path, images=GREY)


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
        ("a.npz", wrong_npz, "arrays named images"),
        ("a.npz", pickled_npz, "pickles"),
        ("a.npz", half(plain_npz), "no format that is known"),
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


def test_class_names(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("T-shirt/top\n\nAnkle boot\n")
    assert read_class_names(str(path)) == ("T-shirt/top", "Ankle boot")
    assert read_class_names("a, b") == ("a", "b")
    path.write_bytes("cat\ndog\n".encode("utf-8-sig"))
    assert read_class_names(str(path)) == ("cat", "dog")
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(RobauditError, match="cannot be read"):
        read_class_names(str(path))


def test_a_folders_digest_depends_on_names_and_contents(tmp_path: Path) -> None:
    write_pictures(tmp_path, GREY, LABELS, ["a", "b", "c"])
    before = digest(tmp_path)
    assert before == digest(tmp_path)
    (tmp_path / "a/0.png").rename(tmp_path / "a/9.png")
    assert digest(tmp_path) != before
