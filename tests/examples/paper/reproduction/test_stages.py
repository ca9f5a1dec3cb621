"""Stages of long work: kept, gone on with, and done anew only where something changed."""

import json
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reproduction.stages import Kept, Stage, do_all


class Work:
    """Adds numbers in stages: two sums, and the product of what they kept."""

    def __init__(self, folder: Path) -> None:
        self.kept, self.done = Kept(folder), list[str]()
        self.fails: set[str] = set()
        self.jobs = 1

    def sum_of(self, name: str, *numbers: int) -> Stage:
        def make(folder: Path, _kept: Kept) -> None:
            self._note(name, folder)
            (folder / "value.json").write_text(json.dumps(sum(numbers)))

        return Stage(name, "sum", {"numbers": numbers}, (), make)

    def product(self, *factors: Stage) -> Stage:
        def make(folder: Path, kept: Kept) -> None:
            self._note("product", folder)
            values = [
                json.loads((kept.folder_of(one) / "value.json").read_text()) for one in factors
            ]
            (folder / "value.json").write_text(json.dumps(math.prod(values)))

        return Stage("product", "product", {}, factors, make)

    def value(self, stage: Stage) -> int:
        found: int = json.loads((self.kept.folder_of(stage) / "value.json").read_text())
        return found

    def run(self, *stages: Stage) -> list[tuple[int, int, str, float | None]]:
        told: list[tuple[int, int, str, float | None]] = []
        self.done.clear()
        with ThreadPoolExecutor(self.jobs) as pool:
            do_all(
                stages,
                self.kept,
                lambda number, total, stage, left: told.append((number, total, stage.name, left)),
                lambda stage: pool.submit(self.kept.do, stage),
                self.jobs,
            )
        return told

    def _note(self, name: str, folder: Path) -> None:
        (folder / "half.txt").write_text("begun")
        if name in self.fails:
            raise KeyboardInterrupt
        self.done.append(name)


def test_what_is_kept_is_not_done_again(tmp_path: Path) -> None:
    work = Work(tmp_path)
    first, second = work.sum_of("first", 1, 2), work.sum_of("second", 4)
    stages = (first, second, work.product(first, second))
    told = work.run(*stages)
    assert [one[:3] for one in told] == [(1, 3, "first"), (2, 3, "second"), (3, 3, "product")]
    assert told[0][3] is None
    assert all(left is not None and left >= 0 for *_, left in told[1:])
    assert work.value(stages[2]) == 12
    assert work.run(*stages) == []
    assert not work.done


def test_a_changed_setting_does_anew_only_what_depends_on_it(tmp_path: Path) -> None:
    work = Work(tmp_path)
    first, second = work.sum_of("first", 1, 2), work.sum_of("second", 4)
    work.run(first, second, work.product(first, second))
    changed = work.sum_of("first", 1, 5)
    product = work.product(changed, second)
    work.run(changed, second, product)
    assert work.done == ["first", "product"]
    assert work.value(product) == 24
    work.run(first, second, work.product(first, second))  # and the old ones are still there
    assert not work.done


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    work = Work(tmp_path)
    first, second = work.sum_of("first", 1, 2), work.sum_of("second", 4)
    stages = (first, second, work.product(first, second))
    work.fails = {"second"}
    with pytest.raises(KeyboardInterrupt):
        work.run(*stages)
    assert work.done == ["first"]
    assert not work.kept.has(second)
    work.fails.clear()
    work.run(*stages)
    assert work.done == ["second", "product"]
    assert work.value(stages[2]) == 12
    assert not list(tmp_path.glob(".*part"))


def test_stages_are_done_side_by_side_but_after_what_they_need(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.jobs = 2
    meeting = threading.Barrier(2, timeout=20)  # passed by two at the same time, or never

    def make(folder: Path, _kept: Kept) -> None:
        meeting.wait()
        (folder / "value.json").write_text("3")

    first, second = (Stage(name, "meeting", {"name": name}, (), make) for name in ("a", "b"))
    product = work.product(first, second)
    told = work.run(product, first, second)
    assert [one[2] for one in told] == ["a", "b", "product"]
    assert work.value(product) == 9


def test_versions_and_times_are_kept_with_each_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept(tmp_path)
    stages = [
        Stage(name, "nothing", {"name": name}, (), lambda *_: None) for name in ("one", "other")
    ]
    with ThreadPoolExecutor(1) as pool:
        for stage, version in zip(stages, ("1.0", "2.0"), strict=True):
            monkeypatch.setattr("reproduction.stages.versions", lambda v=version: {"torch": v})
            do_all([stage], kept, lambda *_: None, lambda one: pool.submit(kept.do, one))
    made = kept.made_by(stages)
    assert made["versions"] == {"torch": "1.0, 2.0"}
    assert made["mixed"] == ["torch"]
    assert kept.made_by(stages[:1])["mixed"] == []


def test_the_time_by_the_clock_counts_what_was_side_by_side_once(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    times = {"a": (0.0, 10.0), "b": (5.0, 12.0), "c": (100.0, 103.0), "d": (6.0, 8.0)}
    stages = [Stage(name, "nothing", {}, (), lambda *_: None) for name in times]
    for stage, (began, ended) in zip(stages, times.values(), strict=True):
        folder = kept.folder_of(stage)
        folder.mkdir()
        (folder / "done.json").write_text(
            f'{{"seconds": {ended - began}, "ended": {ended}, "versions": {{}}}}'
        )
    made = kept.made_by(stages)
    assert made["wall_seconds"] == 15
    assert made["seconds"] == 22
