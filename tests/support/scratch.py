"""Columns that lie in files, of a folder of their own."""

import tempfile
from pathlib import Path

import pytest

from robaudit.storage import columns


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let columns of more than ten numbers lie in files, of a folder of their own."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(columns, "MOST_IN_MEMORY", 10)
    return folder
