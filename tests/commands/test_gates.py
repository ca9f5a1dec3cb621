"""Gates that cannot be evaluated."""

import shutil
from pathlib import Path

import pytest

from tests.support.files import Run
from tests.support.paths import DIGITS


def test_a_gate_on_accuracy_needs_labels(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(DIGITS, tmp_path / "alone.onnx")
    assert run("--fail-under", "accuracy=0.5", model="alone.onnx") == 2
    assert "without labels" in capsys.readouterr().err
