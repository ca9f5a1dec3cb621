"""Each seed has images of its own, as many examples as it should, and budgets by the rule."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robaudit
from robaudit.hardening import ClassSelection, Examples
from tests.support.paths import EXAMPLES

sys.path.append(str(EXAMPLES / "paper"))
pytest.importorskip("torch")

from reproduction.budgets import HALVINGS, depends_on, halved
from reproduction.data import TEST_PARTS, Data, class_names, read_data
from reproduction.settings import setting_of
from reproduction.stages import Kept, Stage, do_all
from reproduction.thinning import even_counts, thinned
from reproduction.workers import workers

DIGITS = read_data("digits", EXAMPLES)


def test_seeds_do_not_share_test_images() -> None:
    parts = [DIGITS.test_of(seed) for seed in range(TEST_PARTS)]
    seen = [{one.tobytes() for one in part.pixels} for part in parts]
    assert sum(map(len, parts)) == len(DIGITS.test)
    everything = Counter(one.tobytes() for one in DIGITS.test.pixels)
    assert sum((Counter(one.tobytes() for one in part.pixels) for part in parts), Counter()) == (
        everything
    )
    repeated = {one for one, count in everything.items() if count > 1}
    for one, other in combinations(seen, 2):
        assert not (one & other) - repeated
    again = DIGITS.test_of(0)
    np.testing.assert_array_equal(again.pixels, parts[0].pixels)
    np.testing.assert_array_equal(again.labels, parts[0].labels)
    assert len(DIGITS.test_of(TEST_PARTS)) == len(parts[0])
    assert {one.tobytes() for one in DIGITS.test_of(TEST_PARTS).pixels} != seen[0]


def test_budgets_are_tried_on_images_that_are_neither_trained_on_nor_reported() -> None:
    trained, held_out = DIGITS.rows(0, 10_000)
    assert not set(trained) & set(held_out)
    images = DIGITS.validation_of(0)
    np.testing.assert_array_equal(images.pixels, DIGITS.train.pixels[np.sort(held_out)])


def test_labels_are_in_the_fingerprint_of_the_data() -> None:
    x, y = np.zeros((4, 8, 8), dtype=np.uint8), np.arange(4)

    def plain(labels: np.ndarray) -> dict[str, str]:
        images = robaudit.images_from_arrays(x, labels)
        return Data(images, images).plain

    assert plain(y) == plain(y.copy())
    assert plain(y) != plain(y[::-1])


def test_classes_have_their_names() -> None:
    images = robaudit.images_from_arrays(np.zeros((2, 8, 8)), np.arange(2))
    assert class_names("cifar10", images)[2] == "bird"
    assert class_names("mnist", images) == tuple("0123456789")
    assert class_names("cifar10", replace(images, class_names=("a", "b"))) == ("a", "b")


@pytest.mark.parametrize("dataset", ["mnist", "cifar10"])
def test_budgets_depend_on_all_that_chooses_them(dataset: Any) -> None:
    setting = setting_of(dataset, "small")
    infinity, length, noise = setting.most
    for changed in (
        replace(setting, most=(infinity / 2, length, noise)),
        replace(setting, most=(infinity, length / 2, noise)),
        replace(setting, most=(infinity, length, noise / 2)),
        replace(setting, pgd_steps=3),
        replace(setting, tuned=7),
        setting_of("cifar10" if dataset == "mnist" else "mnist", "small"),
    ):
        assert depends_on(changed) != depends_on(setting)
    assert depends_on(setting)["wanted"]["pgd"] == {"mnist": 0.1862, "cifar10": 0.389}[dataset]


def test_halving_finds_the_budget_whose_share_is_nearest() -> None:
    tried = list[float]()

    def share(budget: float) -> float:
        tried.append(budget)
        return max(0.0, 1 - budget / 0.3)

    budget, holds = halved(share, 0.4321, 0.6)
    assert budget == pytest.approx(0.3 * (1 - 0.4321), abs=0.6 / 2**HALVINGS)
    assert holds == pytest.approx(0.4321, abs=2 * 2.0**-HALVINGS)
    assert len(tried) == HALVINGS + 1
    assert halved(lambda _: 0.8, 0.5, 0.6)[1] == 0.8  # out of reach: what is nearest


def made_of(sizes: list[int], of_each: int = 4) -> Examples:
    """Make examples of samples numbered anew in each class, so many of each."""
    label = np.repeat(np.arange(len(sizes)), sizes)
    row = np.concatenate([100 * c + np.arange(size) // of_each for c, size in enumerate(sizes)])
    return Examples(
        row=row,
        direction=np.arange(len(row)),
        sign=np.ones(len(row), dtype=int),
        margin=np.concatenate([np.arange(size) % of_each + 1.0 for size in sizes]),
        strength=np.full(len(row), 1.5),
        label=label,
        directions=np.zeros((len(row), 1, 2, 2)),
        clip=True,
        selections=tuple(
            ClassSelection(c, "low", 1.0, size, size // of_each, size)
            for c, size in enumerate(sizes)
        ),
    )


def test_the_same_budget_is_exactly_the_same_and_even_over_classes() -> None:
    made = made_of([40, 8, 40, 0])
    found = thinned(made, 45, seed=3)
    assert len(found) == 45
    counts = np.bincount(found.label, minlength=4)
    assert counts.tolist() == [19, 8, 18, 0] == [one.examples for one in found.selections]
    assert even_counts(np.array([3, 3]), 100).tolist() == [3, 3]
    rows, of_each = np.unique(found.row[found.label == 0], return_counts=True)
    assert sorted(of_each.tolist()) == [3, 4, 4, 4, 4]  # whole samples, but for the last
    part = found.row == rows[of_each == 3][0]
    assert found.margin[part].tolist() == [1, 2, 3]  # of which the nearest crossings are kept
    assert found.selections[0].chosen == 5
    other = thinned(made, 45, seed=4)
    assert not np.array_equal(other.row, found.row)


def _lay_out() -> tuple[list[Stage], Kept]:
    def make(folder: Path, _kept: Kept) -> None:
        import torch

        (folder / "threads.txt").write_text(str(torch.get_num_threads()))

    return [Stage("threads", "threads", {}, (), make)], Kept(Path(os.environ["PAPER_TEST_FOLDER"]))


def test_workers_have_one_thread_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("PAPER_TEST_FOLDER", str(tmp_path))
    (stage,), kept = _lay_out()
    with workers(1, _lay_out) as submit:
        submit(stage).result()
    assert (kept.folder_of(stage) / "threads.txt").read_text() == "1"


_KILLED = """
import os
import sys
import time
from pathlib import Path

sys.path.append({paper!r})
from reproduction.stages import Kept, Stage
from reproduction.workers import workers


def make(folder, kept):
    Path({folder!r}, f"{{os.getpid()}}.pid").touch()
    time.sleep(600)


def lay_out():
    return [Stage(name, "sleep", {{}}, (), make) for name in "ab"], Kept(Path({folder!r}, "stages"))


if __name__ == "__main__":
    with workers(2, lay_out) as submit:
        for stage in lay_out()[0]:
            submit(stage)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a killed process is seen otherwise there")
def test_workers_end_where_the_run_was_killed(tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(_KILLED.format(paper=str(EXAMPLES / "paper"), folder=str(tmp_path)))
    with subprocess.Popen([sys.executable, str(script)]) as run:
        until(lambda: len(list(tmp_path.glob("*.pid"))) == 2)
        run.kill()
    at_work = [int(one.stem) for one in tmp_path.glob("*.pid")]
    until(lambda: not any(map(is_running, at_work)))


def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")  # one that has ended may wait for being fetched
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


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
