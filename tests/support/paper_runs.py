"""Runs of the reproduction's script, on the embedded digits."""

import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT


def reproduce(out: Path, *more: str, seeds: int = 2) -> subprocess.CompletedProcess[str]:
    script = ROOT / "examples" / "paper" / "reproduce.py"
    options = ["--dataset", "digits", "--data", str(ROOT / "examples"), "--seeds", str(seeds)]
    return subprocess.run(
        [sys.executable, str(script), *options, "-o", str(out), *more],
        capture_output=True,
        text=True,
        check=False,
    )
