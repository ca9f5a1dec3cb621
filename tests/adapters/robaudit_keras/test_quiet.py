"""Keras and its backends say nothing."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.support.keras_files import save
from tests.support.keras_networks import trained_on
from tests.support.paths import ROOT


def test_a_scan_prints_nothing_but_its_own_words(x: np.ndarray, tmp_path: Path) -> None:
    save(trained_on(x), tmp_path / "model.keras")
    arguments = ["model.keras", "--data", str(ROOT / "examples/digits.npz")]
    small_plan = ["--samples", "10", "--directions", "4", "--steps", "5"]
    result = subprocess.run(
        [sys.executable, "-m", "robaudit", "scan", *arguments, *small_plan],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    stages = {line.partition(":")[0] for line in result.stderr.splitlines()}
    assert stages <= {"opening the model", "preprocessing", "clean accuracy", "search"}
