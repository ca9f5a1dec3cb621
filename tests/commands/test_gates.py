"""Gates that cannot be evaluated."""

import shutil
from pathlib import Path

import pytest

from tests.support.files import Run
from tests.support.paths import DIGITS


def test_a_gate_needs_data(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(DIGITS, tmp_path / "alone.onnx")
    assert run("--fail-under", "accuracy=0.5", model="alone.onnx") == 2
    assert "a gate on accuracy without data" in capsys.readouterr().err
