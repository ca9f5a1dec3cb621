"""Files of labels: arrays, IDX and text."""

from pathlib import Path

import numpy as np
import pytest

from robaudit import read_images
from robaudit.data.label_files import read_labels
from robaudit.errors import DataError, UsageError
from tests.support.labelled_images import GREY, LABELS, write_idx


def test_arrays(tmp_path: Path) -> None:
    np.save(tmp_path / "y.npy", LABELS)
    assert read_labels(tmp_path / "y.npy").values.tolist() == LABELS.tolist()
    write_idx(tmp_path / "y.gz", LABELS)
    assert read_labels(tmp_path / "y.gz").values.tolist() == LABELS.tolist()


def test_archives(tmp_path: Path) -> None:
    path = tmp_path / "y.npz"
    np.savez(path, y_test=LABELS, x_test=GREY, train_labels=LABELS[:2], other=LABELS + 1)
    assert read_labels(path).values.tolist() == LABELS.tolist()
    assert read_labels(path, "train").values.tolist() == LABELS[:2].tolist()
    assert read_labels(f"{path}:other").values.tolist() == (LABELS + 1).tolist()
    np.savez(path, whatever=LABELS)
    assert read_labels(path).values.tolist() == LABELS.tolist()
    np.savez(path, one=LABELS, two=LABELS)
    with pytest.raises(DataError, match=r"one \(6,\), two \(6,\)"):
        read_labels(path)
    with pytest.raises(UsageError, match="no array 'three'"):
        read_labels(f"{path}:three")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_of_any_encoding_that_says_what_it_is(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "y.txt").write_text("Bär\nKuh\n", encoding=encoding)
    assert read_labels(tmp_path / "y.txt").values.tolist() == ["Bär", "Kuh"]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"B\xe4r\nKuh\n", "no UTF-8"), (b"\x89PNG\r\n\x1a\n\0\0", "no "), (b"1\nx\n2\n", "line 2")],
)
def test_what_cannot_be_read_is_said_with_the_name_of_the_file(
    tmp_path: Path, content: bytes, words: str
) -> None:
    (tmp_path / "y.txt").write_bytes(content)
    with pytest.raises(DataError, match=rf"labels in .*y\.txt cannot be read \(.*{words}"):
        read_labels(tmp_path / "y.txt")


def test_arrays_of_objects_are_not_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "y.npy", np.array(["cat", None]))
    with pytest.raises(DataError, match="pickles"):
        read_labels(tmp_path / "y.npy")


def test_labels_of_arrays_take_the_place_of_those_in_the_data(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=GREY, y=LABELS)
    (tmp_path / "y.csv").write_text("file,label\n" + "".join(f"{i}.png,x{i}\n" for i in range(6)))
    images = read_images(tmp_path / "d.npz", labels=tmp_path / "y.csv")
    assert images.class_names == ("x0", "x1", "x2", "x3", "x4", "x5")
    assert images.notes == (
        "Labels were taken in the order of their lines, not by the names there.",
    )
