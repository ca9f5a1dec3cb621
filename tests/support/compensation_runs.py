"""Runs of the study of compensation."""

import subprocess
import sys
from pathlib import Path

from tests.support.paths import EXAMPLES

for own in ("paper", "repair", "compensation"):
    if str(EXAMPLES / own) not in sys.path:
        sys.path.append(str(EXAMPLES / own))


def compensate(out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    script = EXAMPLES / "compensation" / "compensation.py"
    options = ["--scale", "smoke", "--jobs", "1", "-o", str(out), *more]
    return subprocess.run(
        [sys.executable, str(script), *options], capture_output=True, text=True, check=False
    )
