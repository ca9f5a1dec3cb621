"""The reproduction of the paper, to be imported and run once for all who look at what it gives."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.paper_runs import reproduce
from tests.support.paths import EXAMPLES

sys.path.append(str(EXAMPLES / "paper"))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a run with two seeds wrote."""
    out = tmp_path_factory.mktemp("paper")
    done = reproduce(out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="session")
def results(folder: Path) -> Any:
    """The record of that run."""
    return json.loads((folder / "paper.json").read_text())
