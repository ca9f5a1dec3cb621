"""Workers: shares are done by whoever is there, and nobody outlives who began it."""

import os
import platform
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest

from robaudit.commands.crew import Crew
from tests.support import crews
from tests.support.page_faults import PAGES_OF_EACH


class Told:
    """How far a crew said it was, and when it is to stop."""

    def __init__(self, is_to_stop: Callable[[], bool] = lambda: False) -> None:
        self.said: list[tuple[int, int]] = []
        self.is_to_stop = is_to_stop

    def crew(self, prepare: Any, folder: Path, workers: int, of: int, **more: Any) -> Crew:
        given = [(str(folder), number) for number in range(workers)]
        return Crew(prepare, given, of, self.hear, self.is_to_stop, **more)

    def hear(self, done: int, of: int) -> None:
        self.said.append((done, of))


def is_running(process: int) -> bool:
    with suppress(OSError):
        return " Z " not in Path(f"/proc/{process}/stat").read_text()
    return False


def test_all_shares_are_done_each_in_the_environment_of_its_worker(tmp_path: Path) -> None:
    told = Told()
    crew = told.crew(
        *(crews.write_shares, tmp_path, 2, 5),
        environment=[{"CREW_TEST": "zero"}, {"CREW_TEST": "one"}],
    )
    assert crew.work(nullcontext) == 0
    wrote = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert set(wrote) == set("12345")
    assert set(wrote.values()) <= {"0 zero", "1 one"}
    assert told.said[-1] == (5, 5)
    assert "CREW_TEST" not in os.environ


def test_workers_that_have_nothing_left_to_do_clear_up_and_end(tmp_path: Path) -> None:
    assert Told().crew(crews.clear_up, tmp_path, 2, 3).work(nullcontext) == 0
    assert {path.name for path in tmp_path.glob("cleared*")} == {"cleared 0", "cleared 1"}


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs the C library of GNU")
def test_a_worker_keeps_the_memory_that_it_frees(tmp_path: Path) -> None:
    hugepages = [{"NUMPY_MADVISE_HUGEPAGE": "0"}]
    assert (
        Told().crew(crews.count_pages, tmp_path, 1, 1, environment=hugepages).work(nullcontext) == 0
    )
    assert int((tmp_path / "1").read_text()) < PAGES_OF_EACH / 2


def test_the_share_of_a_worker_that_died_is_done_by_another(tmp_path: Path) -> None:
    assert Told().crew(crews.die_once, tmp_path, 2, 4).work(nullcontext) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"dead", *"1234"}


def test_a_share_that_ends_each_worker_is_left_alone_and_why_is_known(tmp_path: Path) -> None:
    crew = Told().crew(crews.die_of_the_first, tmp_path, 2, 6)
    assert crew.work(nullcontext) == 1
    assert {path.name for path in tmp_path.iterdir()} == {*"23456"}
    assert crew.reason == "one is too much"


def test_a_crew_that_is_to_stop_does_not_wait_for_who_never_opens(tmp_path: Path) -> None:
    told = Told(lambda: len(list(tmp_path.iterdir())) == 3)
    assert told.crew(crews.never_open, tmp_path, 2, 3).work(nullcontext) == 0


def test_where_no_worker_lives_all_is_left(tmp_path: Path) -> None:
    assert Told().crew(crews.always_die, tmp_path, 2, 4).work(nullcontext) == 4


def test_workers_stop_where_they_are_to_and_none_is_left(tmp_path: Path) -> None:
    told = Told(lambda: len(list(tmp_path.glob("begun-*"))) == 2)
    assert told.crew(crews.until_stopped, tmp_path, 2, 6).work(nullcontext) == 6
    assert len(list(tmp_path.glob("stopped-*"))) == 2
    assert len(list(tmp_path.glob("begun-*"))) == 2


def test_what_ends_the_work_ends_all_workers(tmp_path: Path) -> None:
    def is_to_stop() -> bool:
        if len(list(tmp_path.glob("begun-*"))) == 2:
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        Told(is_to_stop).crew(crews.until_stopped, tmp_path, 2, 2).work(nullcontext)
    time.sleep(0.1)
    for path in tmp_path.glob("begun-*"):
        assert not is_running(int(path.read_text() or 0))
