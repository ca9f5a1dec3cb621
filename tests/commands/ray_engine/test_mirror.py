"""A folder mirrored elsewhere: what is new travels, once."""

from pathlib import Path

import pytest

from robaudit.batches import Blocks, Keeping
from robaudit.commands.ray_engine import mirror
from robaudit.commands.ray_engine.mirror import Change, Mirror, apply
from robaudit.storage.journal import Block, Journal
from robaudit.storage.latest import Latest


def test_what_is_kept_there_is_kept_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror, "_MOST", 100)
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    here.mkdir()
    journal = Journal(there, print, "one")
    state = Latest(Blocks(Keeping(journal), "base"), "training")
    journal.append([Block("rays", "0" * 64, b"before")])
    mirrored = Mirror(there)
    assert mirrored.changes() == ([], False)
    (here / "one.blocks").write_bytes((there / "one.blocks").read_bytes())
    for number in range(3):
        journal.append([Block("rays", f"{number + 1}" * 64, b"x" * 70)])
        state.write({"epoch": number})
        more = True
        while more:
            changes, more = mirrored.changes()
            assert all(len(each.content or b"") <= 100 or "latest" in each.name for each in changes)
            apply(changes, here)
    copy = Journal(here, pytest.fail)
    assert [copy.read(f"{number}" * 64) for number in range(4)] == [b"before", *[b"x" * 70] * 3]
    assert Latest(Blocks(Keeping(copy), "base"), "training").read(dict) == {"epoch": 2}
    state.remove()
    apply(mirrored.changes()[0], here)
    assert [path.name for path in here.iterdir()] == ["one.blocks"]
    assert mirrored.changes() == ([], False)


@pytest.mark.parametrize("name", ["../one.blocks", "audit.json", "/etc/one.latest"])
def test_only_files_of_work_are_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no file of work"):
        apply([Change(name, 0, b"")], tmp_path)
    assert not [*tmp_path.iterdir()]
