"""Blocks: what is kept is not done again, and is kept under all that it depends on."""

import errno
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from robaudit.errors import OutputError
from robaudit.storage import blocks as module
from robaudit.storage.blocks import Blocks, Keeping, Stopped
from robaudit.storage.journal import Block, Journal
from robaudit.storage.share import Share
from robaudit.types import FloatArray
from tests.support.kept_work import blocks_in


class Work:
    """Work in a folder that counts how often it is done."""

    def __init__(
        self, folder: Path, *, stop: bool = False, name: str = "own", share: Share | None = None
    ) -> None:
        self.times, self.told = 0, list[str]()
        journal = Journal(folder, self.told.append, name)
        self.keeping = Keeping(journal, lambda: stop, self.told.append, share)
        self.blocks = Blocks(self.keeping).within(model="a")

    def do(self) -> FloatArray:
        self.times += 1
        return np.array([1.5, self.times])

    def done(self, **parts: object) -> list[float]:
        return self.blocks.done("work", FloatArray, self.do, **parts).tolist()


def test_by_default_all_is_done_and_nothing_kept() -> None:
    blocks, times = Blocks(), []
    for _ in range(2):
        blocks.done("work", type(None), lambda: times.append(1), of=object())
    assert len(times) == 2
    assert not blocks.are_kept
    assert blocks.key("work", of=object()) == ""
    blocks.heed()


def test_what_is_kept_is_not_done_again(tmp_path: Path) -> None:
    work = Work(tmp_path)
    assert work.done(seed=1) == [1.5, 1]
    assert work.done(seed=2) == [1.5, 2]
    work.keeping.write()
    again = Work(tmp_path)
    assert (again.done(seed=2), again.done(seed=1), again.times) == ([1.5, 2], [1.5, 1], 0)


def test_what_depends_on_something_else_is_another_block(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.done(seed=1)
    work.keeping.write()
    again = Work(tmp_path)
    again.done(seed=1.0)
    again.blocks = again.blocks.within(draw=2)
    again.done(seed=1)
    assert again.blocks.find("other", again.blocks.key("other", seed=1), FloatArray) is None
    assert again.times == 2


def test_what_is_kept_of_another_type_is_done_again_and_said(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.done(seed=1)
    work.keeping.write()
    again = Work(tmp_path)
    assert again.blocks.done("work", float, lambda: 2.5, seed=1) == 2.5
    assert "damaged" in again.told[0]


def test_blocks_are_written_a_few_seconds_worth_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work(tmp_path)
    work.done(seed=1)
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(module, "SECONDS", 0)
    work.done(seed=2)
    assert blocks_in(tmp_path) == 2


def test_work_that_is_to_stop_does_nothing_more_and_has_written_what_it_did(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.done(seed=1)
    work.keeping.is_to_stop = lambda: True
    with pytest.raises(Stopped):
        work.done(seed=2)
    assert work.times == 1
    again = Work(tmp_path, stop=True)
    assert again.done(seed=1) == [1.5, 1]


def test_a_full_disk_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    work = Work(tmp_path)
    work.done(seed=1)
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match=r"No space left.*goes on from what was kept"):
        work.keeping.write()


def test_what_was_there_is_told_once(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.done(seed=1)
    assert work.told == []
    work.keeping.write()
    again = Work(tmp_path)
    again.done(seed=1)
    again.done(seed=2)
    again.keeping.tell_what_is_left("more")
    assert again.told == [
        "goes on where it stopped: 1 block of work is there; left: what begins with the work"
    ]


class Together(Work):
    """A share of a run, which notes the blocks that it does itself and calls ``meanwhile`` once."""

    def __init__(self, folder: Path, number: int) -> None:
        super().__init__(folder, name=f"worker-{number}", share=Share(number, 2))
        self.did = list[int]()
        self.meanwhile: Callable[[], object] = list

    def work(self, count: int) -> list[float]:
        def do(number: int) -> float:
            self.did.append(number)
            if len(self.did) == count // 2:
                self.meanwhile()
            return number / 2

        def task(number: int) -> tuple[Callable[[], float], dict[str, int]]:
            return partial(do, number), {"number": number}

        return self.blocks.together("work", float, count, task)


def test_shares_in_one_folder_divide_what_all_of_them_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SECONDS_BETWEEN_LOOKS", 0.0)
    one, other = Together(tmp_path, 1), Together(tmp_path, 2)
    one.meanwhile = lambda: other.work(20)
    assert one.work(20) == [number / 2 for number in range(20)]
    # The other came while one was at its tenth, found nine, and left nothing but that to do.
    assert len(one.did) == 10
    assert sorted({*one.did, *other.did}) == list(range(20))
    assert len(other.did) == 11
    assert one.did[:5] != other.did[:5]


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_each_share_begins_with_another_part_as_far_as_there_are(
    tmp_path: Path, count: int
) -> None:
    orders = [Together(tmp_path, number).keeping.own_order(count) for number in (1, 2)]
    assert all(sorted(order) == list(range(count)) for order in orders)
    assert len({order[0] for order in orders if order}) == min(2, count)


def test_shares_do_not_sync_for_each_part(tmp_path: Path) -> None:
    share, times = Together(tmp_path, 1), [0]
    assert share.keeping.journal is not None
    whole = share.keeping.journal.append

    def append(blocks: Iterable[Block]) -> None:
        times[0] += 1
        whole(blocks)

    with patch.object(share.keeping.journal, "append", append):
        share.work(500)
    assert times[0] < 50


def test_shares_in_folders_of_their_own_do_all_of_it_alike(tmp_path: Path) -> None:
    (tmp_path / "2").mkdir()
    one, other = Together(tmp_path, 1), Together(tmp_path / "2", 2)
    assert one.work(20) == other.work(20)
    assert sorted(one.did) == sorted(other.did) == list(range(20))
