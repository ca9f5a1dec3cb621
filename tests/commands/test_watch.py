"""What the process that watches says while the work goes on: a line every so often."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.files import SMALL_SCAN
from tests.support.paths import EXAMPLES

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork")

OFTEN = (
    "import sys, robaudit.commands.watch as watch\n"
    "watch._SECONDS_BETWEEN_BEATS, watch._SECONDS_OF_NEWS = 0.4, 0.1\n"
    "from robaudit.__main__ import main\n"
    "sys.exit(main())"
)
HOLDS_THE_LOCK = """
import re
import numpy as np

answers = 0

def predict(x):
    global answers
    answers += 1
    if answers == 1:
        re.match("(a+)+b", "a" * 25)
    return np.asarray(x).reshape(len(x), -1)[:, :10]
"""


def scan(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Scan a model that keeps the interpreter's lock for seconds, before its first answer."""
    (folder / "net.py").write_text(HOLDS_THE_LOCK)
    data = ["--data", str(EXAMPLES / "digits.npz"), "--input-shape", "1,8,8", "--scores", "logits"]
    return subprocess.run(
        [sys.executable, "-c", OFTEN, "scan", "net:predict", *data, *SMALL_SCAN, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_stage_that_reports_nothing_is_heard_of(tmp_path: Path) -> None:
    done = scan(tmp_path)
    assert done.returncode == 0, done.stderr
    beats = [line for line in done.stderr.splitlines() if "opening the model" in line]
    assert len(beats) >= 2
    assert all(": still at it after " in line for line in beats[1:])
    assert "still at it" not in done.stdout


def test_a_quiet_run_is_not(tmp_path: Path) -> None:
    done = scan(tmp_path, "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
