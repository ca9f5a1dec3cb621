"""What the child makes of a program, here in this process: the programs are harmless."""

from pathlib import Path

import pytest

from robaudit_torch import script_child
from robaudit_torch.archives import DangerError, read_members, written
from robaudit_torch.script_child import quiet_copy, settled_copy
from robaudit_torch.script_graphs import used_by
from tests.support.hostile_scripts import edited, saying

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def texts(archive: bytes) -> str:
    members = read_members(archive)
    return "\n".join(members[name].decode() for name in members if name.endswith(".py"))


def test_what_is_computed_while_reading_is_a_value_in_the_copy(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    edited(path, "x: Tensor) ->", "x: Tensor,\n    k: int=len([7, 8])) ->")
    copy = settled_copy(path.read_bytes())
    assert "k: int=2" in texts(copy)
    assert "len(" not in texts(copy)
    assert texts(quiet_copy(copy)) == texts(copy)


def test_a_program_that_is_never_the_same_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    copies = iter(f"a/code/{number}.py" for number in range(100))
    monkeypatch.setattr(script_child, "quiet_copy", lambda _: written({next(copies): b""}))
    with pytest.raises(DangerError, match="another program"):
        settled_copy(written({"a/code/first.py": b""}))


def test_talk_is_left_out_with_what_it_needed(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    saying('torch.warn("it is so")\n    print("here", torch.mul(x, 2))')(path, tmp_path)
    before, copy = path.read_bytes(), settled_copy(path.read_bytes())
    assert {"aten::warn", "prim::Print"} <= used_by(before)
    assert not {"aten::warn", "prim::Print", "aten::mul"} & used_by(copy)
