"""``robaudit cache``: what it says of what is kept, and what it removes."""

from pathlib import Path

import pytest

from robaudit.cli import main
from robaudit.storage.cache import open_cache


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ROBAUDIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def fill() -> None:
    store = open_cache()
    assert store is not None
    for kind, number in (("audits", 1), ("audits", 2), ("blocks", 3)):
        store.write(kind, f"{number:064x}", lambda file: file.write(bytes(2**20)))


def test_info_says_where_and_how_much(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", "info"]) == 0
    assert f"{folder}: 0 entries, 0.0 MiB of 1,024.0 MiB" in capsys.readouterr().out
    assert not folder.exists()
    fill()
    assert main(["cache", "info"]) == 0
    out = capsys.readouterr().out
    assert f"{folder}: 3 entries, 3.0 MiB of 1,024.0 MiB" in out
    assert "audits: 2 entries, 2.0 MiB, all used in the last 1 s" in out
    assert "blocks: 1 entry, 1.0 MiB" in out


def test_clear_removes_what_is_kept_and_nothing_else(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill()
    (folder / "mine.txt").write_text("mine")
    assert main(["cache", "clear"]) == 0
    assert f"{folder}: removed 3 entries, 3.0 MiB" in capsys.readouterr().out
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["mine.txt"]


def test_a_cache_that_is_off_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ROBAUDIT_CACHE", "off")
    assert main(["cache", "info"]) == 0
    assert "no cache" in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_other_actions_and_sizes_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cache", "empty"]) == 2
    assert "expected info or clear" in capsys.readouterr().err
    monkeypatch.setenv("ROBAUDIT_CACHE_SIZE", "much")
    assert main(["cache", "info"]) == 2
    assert "ROBAUDIT_CACHE_SIZE=much" in capsys.readouterr().err
