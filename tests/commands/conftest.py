"""What tests of several commands need."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from robaudit.cli import main
from tests.support.commands import DATA, QUICK, Harden
from tests.support.files import SMALL_SCAN
from tests.support.paths import DIGITS


@pytest.fixture
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def harden(_elsewhere: None) -> Harden:
    """Give a function that hardens a model a little, in an empty folder."""
    pytest.importorskip("onnx2fx", reason="training ONNX models needs onnx2fx and torch")

    def run(*arguments: object, model: object = DIGITS) -> int:
        method = ("--method", "feedback")  # the usual one takes longer
        return main(["harden", str(model), *QUICK, *method, "-o", "out", *map(str, arguments)])

    return run


@pytest.fixture(scope="session")
def audits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scan the demo model, and a copy whose weights are moved a little."""
    folder = tmp_path_factory.mktemp("audits")
    model = onnx.load(DIGITS)
    random = np.random.default_rng(0)
    for weights in model.graph.initializer:
        array = numpy_helper.to_array(weights)
        if array.ndim > 1 and array.dtype == np.float32:
            moved = array + random.normal(0, 0.15 * array.std(), array.shape)
            weights.CopyFrom(numpy_helper.from_array(moved.astype(np.float32), weights.name))
    onnx.save(model, folder / "moved.onnx")
    # So little noise breaks nothing, which must not break the scan either.
    attacks = ["--attack", "gaussian-noise:sigma=0.0001", "--attack", "gaussian-noise:sigma=0.4"]
    for name, source in (("before", DIGITS), ("after", folder / "moved.onnx")):
        arguments = [str(source), *DATA, *SMALL_SCAN, *attacks, "-q", "-o", str(folder / name)]
        assert main(["scan", *arguments]) == 0
    return folder
