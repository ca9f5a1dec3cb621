"""What may be meant by a path that leads nowhere."""

from pathlib import Path

import pytest

from robaudit.storage.nearest import nearest_path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    for name in ("model.onnx", "Images.npz", "data/mnist.npz"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("modle.onnx", "model.onnx"),
        ("model", "model.onnx"),
        ("images.npz", "Images.npz"),
        ("images.npy", "Images.npz"),
        ("dta/mnist.npz", "data/mnist.npz"),
        ("data/mnits.npz", "data/mnist.npz"),
        ("dat/other.npz", "data"),
    ],
)
def test_the_nearest_name_is_asked_about(folder: Path, wrong: str, meant: str) -> None:
    assert nearest_path(folder / wrong) == f"Did you mean {folder / meant}?"


@pytest.mark.parametrize(
    "wrong", ["model.npz", "weights.pt", "nowhere/at/all", "model.onnx", "x\0"]
)
def test_what_is_not_near_is_not(folder: Path, wrong: str) -> None:
    assert nearest_path(folder / wrong) == ""


def test_paths_stay_relative(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert nearest_path(Path("modle.onnx")) == "Did you mean model.onnx?"
