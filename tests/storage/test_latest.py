"""Values that are replaced as work goes on: the latest is there, whole, or none."""

from pathlib import Path

import numpy as np
import pytest

from robaudit.errors import OutputError
from robaudit.storage.blocks import Blocks, Keeping
from robaudit.storage.journal import Journal
from robaudit.storage.latest import Latest
from robaudit.types import State


class Work:
    """Blocks in a folder, and what is told of them."""

    def __init__(self, folder: Path, seed: int = 1) -> None:
        self.told: list[str] = []
        keeping = Keeping(Journal(folder, self.told.append), tell=self.told.append)
        self.latest = Latest(Blocks(keeping).within(seed=seed), "training")

    def found(self) -> list[float] | None:
        state = self.latest.read(State)
        return None if state is None else state.arrays["a"].tolist()


def state(number: float) -> State:
    return State({"a": np.array([number, 2.0])}, {"epoch": 3})


def test_the_latest_is_what_is_there(tmp_path: Path) -> None:
    work = Work(tmp_path)
    assert work.found() is None
    for number in (1.0, 5.0):
        work.latest.write(state(number))
    again = Work(tmp_path)
    assert (again.found(), again.told) == ([5.0, 2.0], [])
    assert [path.name for path in tmp_path.iterdir()] == ["training.latest"]
    again.latest.remove()
    assert (again.found(), list(tmp_path.iterdir())) == (None, [])


def test_what_other_work_left_is_not_taken(tmp_path: Path) -> None:
    Work(tmp_path).latest.write(state(1.0))
    other = Work(tmp_path, seed=2)
    assert (other.found(), other.told) == (None, [])
    other.latest.write(state(2.0))
    assert Work(tmp_path).found() is None


def test_every_damage_is_found_and_said(tmp_path: Path) -> None:
    """But for one of what it depends on, which makes it that of other work."""
    work = Work(tmp_path)
    work.latest.write(state(1.0))
    path = tmp_path / "training.latest"
    whole = path.read_bytes()
    key_ends = whole.index(b" ")
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        damaged = Work(tmp_path)
        assert damaged.found() is None
        assert [one.count("is damaged") for one in damaged.told] == [1] * (place >= key_ends)
        path.write_bytes(whole[:place])
        assert Work(tmp_path).found() is None


def test_what_cannot_be_written_leaves_what_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    work = Work(tmp_path)
    work.latest.write(state(1.0))
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match=r"No space left.*goes on from what was kept"):
        work.latest.write(state(2.0))
    assert work.found() == [1.0, 2.0]
    assert [path.name for path in tmp_path.iterdir()] == ["training.latest"]


def test_without_blocks_nothing_is_written() -> None:
    nowhere = Latest(Blocks(), "training")
    nowhere.write(state(1.0))
    nowhere.remove()
    assert nowhere.path is None
    assert nowhere.read(State) is None
