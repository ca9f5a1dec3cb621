"""A few scans that are killed, as `make crash` does many."""

import os
import subprocess
import sys

import pytest

from tests.crash.cases import CASES
from tests.support.paths import ROOT


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_scans_that_are_killed_go_on_to_the_same_results() -> None:
    """In a process of its own: one with threads of frameworks is not to be forked."""
    asked = [sys.executable, "-m", "tests.crash", "--runs", "6", "--seed", "2"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("\n| ") == len(CASES) + 1
