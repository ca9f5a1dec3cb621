"""The cache: where it lies, how large it may grow, and who may write to it."""

import os
import stat
from pathlib import Path

import pytest

from robaudit.errors import UsageError
from robaudit.storage.cache import USUAL_SIZE, cache_folder, cache_size, open_cache


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("ROBAUDIT_CACHE", "ROBAUDIT_CACHE_SIZE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def test_it_lies_where_the_specification_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cache_folder() == tmp_path / "home/.cache/robaudit"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder() == tmp_path / "home/.cache/robaudit"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert cache_folder() == tmp_path / "caches/robaudit"
    monkeypatch.setenv("ROBAUDIT_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"
    monkeypatch.setenv("ROBAUDIT_CACHE", "off")
    assert cache_folder() is None
    assert open_cache() is None


def test_its_size_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_size() == USUAL_SIZE == 2**30
    monkeypatch.setenv("ROBAUDIT_CACHE_SIZE", "500M")
    assert cache_size() == 500 * 2**20
    monkeypatch.setenv("ROBAUDIT_CACHE_SIZE", "much")
    with pytest.raises(UsageError, match="ROBAUDIT_CACHE_SIZE=much"):
        cache_size()


def test_its_folder_is_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_cache() is not None
    folder = tmp_path / "home/.cache/robaudit"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o777)
    assert open_cache() is not None
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    told: list[str] = []
    monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    assert open_cache(told.append) is None
    assert "belongs to another user" in told[0]


def test_a_folder_that_cannot_be_made_is_said_and_fails_nothing(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("in the way")
    told: list[str] = []
    assert open_cache(told.append) is None
    assert "no cache is used" in told[0]
