"""Gates that cannot be evaluated."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from robaudit.commands.gates import parse_gate
from robaudit.metrics.gates import METRICS
from tests.support.files import Run
from tests.support.paths import DIGITS


@pytest.mark.parametrize("gate", ["accuracy=0.5", "crossing-rate=1", "restricted-mean-margin=0"])
def test_a_gate_needs_data(
    gate: str, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(DIGITS, tmp_path / "alone.onnx")
    assert run("--fail-under", gate, model="alone.onnx") == 2
    assert f"a gate on {gate.partition('=')[0]} without data" in capsys.readouterr().err
    assert not Path("robaudit-report").exists()


def test_a_gate_on_accuracy_needs_labels(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    np.save("unlabelled.npy", np.zeros((20, 8, 8), dtype=np.uint8))
    assert run("--data", "unlabelled.npy", "--fail-under", "accuracy=0.5") == 2
    assert "without labels" in capsys.readouterr().err


def test_names_are_of_all_samples_or_of_those_right_at_the_start() -> None:
    for name, figure in METRICS.items():
        assert parse_gate(f"{name}=0.5").figure is figure
    assert {name for name in METRICS if name.endswith("-right-at-start")} == {
        "restricted-mean-margin-right-at-start",
        "crossing-rate-right-at-start",
        "worst-class-margin-right-at-start",
        "gini-right-at-start",
    }
