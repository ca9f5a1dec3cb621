"""MNIST's IDX files and CIFAR's binary batches are read, with their labels."""

from pathlib import Path

import numpy as np
import pytest

from robaudit import read_images
from robaudit.errors import DataError
from tests.support.labelled_images import GREY, LABELS, write_idx

random = np.random.default_rng(0)


def write_cifar(path: Path, pixels: np.ndarray, labels: np.ndarray, label_bytes: int = 1) -> Path:
    planes = pixels.transpose(0, 3, 1, 2).reshape(len(pixels), -1)
    label_columns = np.repeat(labels[:, None], label_bytes, axis=1)
    label_columns[:, :-1] = 99
    path.write_bytes(np.concatenate([label_columns, planes], axis=1).astype(np.uint8).tobytes())
    return path


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_files_find_their_labels(tmp_path: Path, suffix: str) -> None:
    path = write_idx(tmp_path / f"t10k-images-idx3-ubyte{suffix}", GREY)
    write_idx(tmp_path / f"t10k-labels-idx1-ubyte{suffix}", LABELS)
    write_idx(tmp_path / f"train-images-idx3-ubyte{suffix}", GREY[:3])
    for images in (read_images(path), read_images(tmp_path)):
        np.testing.assert_array_equal(np.asarray(images.pixels)[..., 0], GREY)
        assert images.labels is not None
        assert images.labels.tolist() == LABELS.tolist()
    assert len(read_images(tmp_path, split="train")) == 3


def test_of_several_sets_in_a_folder_none_is_chosen(tmp_path: Path) -> None:
    """A file and itself, compressed, are one."""
    for name in ("emnist-mnist-test-images-idx3-ubyte", "emnist-mnist-test-images-idx3-ubyte.gz"):
        write_idx(tmp_path / name, GREY)
    assert len(read_images(tmp_path)) == len(GREY)
    write_idx(tmp_path / "emnist-digits-test-images-idx3-ubyte", GREY)
    with pytest.raises(DataError, match=r"2 files of test images: emnist-digits-test.*mnist-test"):
        read_images(tmp_path)


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
