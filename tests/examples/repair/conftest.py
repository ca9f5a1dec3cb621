"""The study of repairs, to be imported and run once for all who look at what it gives."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.repair_runs import repair


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a run of the smoke scale wrote."""
    out = tmp_path_factory.mktemp("repair")
    done = repair(out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="session")
def results(folder: Path) -> Any:
    """The record of that run."""
    return json.loads((folder / "repair.json").read_text())
