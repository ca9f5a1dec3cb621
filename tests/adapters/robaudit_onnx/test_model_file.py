"""Reading ONNX files that nobody vouches for: damage, and data that lie elsewhere."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

import robaudit
from robaudit.errors import NotAuditableError
from tests.support.linear_onnx import BIAS
from tests.support.paths import EXAMPLES
from tests.support.small_onnx import affine_onnx

random = np.random.default_rng(0)


def external_model(path: Path, location: str = "weights.bin") -> Path:
    """Write a model whose weights lie in a file of their own."""
    weights = random.normal(0, 1, (64, 5)).astype(np.float32)
    model = affine_onnx(weights, BIAS, ["N", 64])
    onnx.save(
        model,
        path,
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location="weights.bin",
        size_threshold=0,
    )
    written = onnx.load(path, load_external_data=False)
    for tensor in written.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = location
    path.write_bytes(written.SerializeToString())
    return path


def test_external_data_beside_the_file(tmp_path: Path) -> None:
    path = external_model(tmp_path / "model.onnx")
    classifier = robaudit.load(path)
    assert classifier.predict(np.zeros((2, 64), dtype=np.float32)).shape == (2, 5)
    assert list(classifier.details["external_data"]) == ["weights.bin"]


def test_missing_external_data(tmp_path: Path) -> None:
    path = external_model(tmp_path / "model.onnx")
    (tmp_path / "weights.bin").unlink()
    with pytest.raises(NotAuditableError, match=r"weights\.bin, which is missing"):
        robaudit.load(path)


def test_truncated_external_data(tmp_path: Path) -> None:
    path = external_model(tmp_path / "model.onnx")
    (tmp_path / "weights.bin").write_bytes(b"short")
    with pytest.raises(NotAuditableError):
        robaudit.load(path)


@pytest.mark.parametrize("location", ["../weights.bin", "{absolute}", "", "a\\..\\b"])
def test_external_data_elsewhere_is_not_read(tmp_path: Path, location: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    path = external_model(folder / "model.onnx", location.format(absolute=tmp_path / "weights.bin"))
    shutil.copy(folder / "weights.bin", tmp_path / "weights.bin")
    with pytest.raises(NotAuditableError, match="own folder"):
        robaudit.load(path)


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_external_data_through_a_link_is_not_read(
    tmp_path: Path, link: Callable[[Path, Path], None]
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    path = external_model(folder / "model.onnx")
    (folder / "weights.bin").rename(tmp_path / "elsewhere")
    link(tmp_path / "elsewhere", folder / "weights.bin")
    with pytest.raises(NotAuditableError, match="a link"):
        robaudit.load(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        (b"hello, I am text", "damaged|no graph"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "damaged|no graph"),
        ((EXAMPLES / "digits.onnx").read_bytes()[:9000], "damaged|no graph|does not take"),
    ],
)
def test_files_that_are_no_models(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(NotAuditableError, match=words):
        robaudit.load(path)


def test_a_file_larger_than_the_format_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("robaudit_onnx.model_file._LARGEST_READ", 1000)
    with pytest.raises(NotAuditableError, match="at most 1000, which is what the format can hold"):
        robaudit.load(EXAMPLES / "digits.onnx")
