"""The scripts of examples/ do what they say."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import EXAMPLES


@pytest.mark.parametrize("name", ["scan_scikit_learn", "scan_jax"])
def test_examples_run_and_find_a_good_classifier(tmp_path: Path, name: str) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    accuracy = re.search(r"accuracy ([\d.]+)", done.stdout)
    assert accuracy is not None
    assert float(accuracy[1]) > 0.9
    assert "margin" in done.stdout
