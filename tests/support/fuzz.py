"""The fuzzer, run as one runs it by hand."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.support.paths import ROOT


def fuzz(formats: Iterable[str], count: int, seed: int, kept: Path) -> None:
    """Run so many cases of formats in one worker; fails where one of them does."""
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "adapters", ROOT / "reports")))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.fuzz", "-n", str(count), "--seed", str(seed)),
            *("--workers", "1", "--kept", str(kept), "--formats", *formats),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert done.stdout.count("| all |") == 1
