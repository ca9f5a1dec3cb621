"""Runs of the study of repairs, and models made up for it."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from tests.support.paths import EXAMPLES, ROOT

for own in ("paper", "repair"):
    if str(EXAMPLES / own) not in sys.path:
        sys.path.append(str(EXAMPLES / own))

from study.measuring import Held, Measured  # noqa: E402 - found by the lines above


def repair(out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    script = ROOT / "examples" / "repair" / "repair.py"
    options = ["--scale", "smoke", "--jobs", "1", "-o", str(out), *more]
    return subprocess.run(
        [sys.executable, str(script), *options], capture_output=True, text=True, check=False
    )


def made_up(right: Mapping[str, ArrayLike], labels: ArrayLike) -> Measured:
    """Make what was measured of a model, of which these images (n,) held by each name."""
    of = np.asarray(labels)
    rows = np.arange(len(of))
    held = {name: Held(rows, of, np.asarray(one, dtype=bool)) for name, one in right.items()}
    return Measured(held, restricted_mean=None, closest=None, flags=())
