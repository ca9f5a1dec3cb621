"""Files that are whole, with a name of PyTorch's, and no PyTorch models."""

import gzip
import io
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import robaudit
from robaudit.errors import NotAuditableError, UsageError
from tests.support.digit_inputs import DIGITS_SHAPE


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, b"content")
    return buffer.getvalue()


def arrays() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, a=np.zeros(3), b=np.zeros(3))
    return buffer.getvalue()


def array() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    return buffer.getvalue()


def tape() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        entry = tarfile.TarInfo("model.pth")
        entry.size = 5
        file.addfile(entry, io.BytesIO(b"hello"))
    return buffer.getvalue()


TABLE = bytes(80) + bytes.fromhex("57fb808b247547db")
FILES: list[tuple[Callable[[], bytes], str]] = [
    (array, "an array of NumPy's"),
    (arrays, "an archive of NumPy's arrays"),
    (lambda: b"\x89HDF\r\n\x1a\n" + bytes(100), "an HDF5 file"),
    (lambda: gzip.compress(b"hello"), "compressed with gzip: unpack it first"),
    (lambda: b"<!DOCTYPE html><html>404</html>", "a web page"),
    (lambda: TABLE, "a checkpoint of TensorFlow's"),
    (tape, "a tar archive"),
    (lambda: pickle.dumps({"epoch": 3}), "a plain pickle"),
    (lambda: pickle.dumps({"w": np.ones((3, 3))}), "a plain pickle of objects of numpy, which"),
    (lambda: pickle.dumps([np.ones(3)], protocol=2), "a plain pickle of objects of "),
    (lambda: archive("config.json", "model.weights.h5"), "a model of Keras"),
    (lambda: archive("cats/1.png", "cats/2.png"), r"something else \(cats/1.png"),
    (lambda: archive("serialized_exported_program.json", "version"), "export it anew"),
]


@pytest.mark.parametrize(("content", "words"), FILES)
@pytest.mark.parametrize("name", ["model.pt", "model.ckpt"])
def test_what_is_whole_is_named_and_not_called_damaged(
    tmp_path: Path, name: str, content: Callable[[], bytes], words: str
) -> None:
    (tmp_path / name).write_bytes(content())
    with pytest.raises(NotAuditableError, match=words) as caught:
        robaudit.load(tmp_path / name, DIGITS_SHAPE)
    assert "damaged" not in str(caught.value)


def test_a_pickle_of_another_library_is_named_by_it(tmp_path: Path) -> None:
    from sklearn.linear_model import LogisticRegression

    (tmp_path / "model.pt").write_bytes(pickle.dumps(LogisticRegression()))
    with pytest.raises(UsageError, match=r"sklearn\.linear_model.*trust=True"):
        robaudit.load(tmp_path / "model.pt", DIGITS_SHAPE)
