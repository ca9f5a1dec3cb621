"""Searches on disk: the same when they are read, and refused when damaged."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit.errors import RecordError
from robaudit.hardening import (
    HardeningPlan,
    make_examples,
    read_examples,
    read_search,
    write_search,
)
from tests.support.damaged_archives import (
    Arrays,
    refused,
    settings_of,
    with_settings,
    with_value,
    without,
)
from tests.support.kept_hardening import PLAN, REFINED, assert_same, searched_with, written


@pytest.mark.parametrize("plan", [PLAN, REFINED])
def test_a_search_is_read_as_it_was_written(plan: HardeningPlan, tmp_path: Path) -> None:
    classifier, x, y, searched = searched_with(plan)
    assert (searched.rays.step == 0).any(), "no sample is misclassified"
    assert (searched.rays.step == -1).any(), "every ray crosses"
    assert (searched.rays.place is None) == (plan.search.refine is None)
    read = read_search(written(tmp_path, write_search, searched))
    assert_same(read, searched)
    assert_same(read.tally, searched.tally)
    made = [make_examples(one, plan, y, classifier=classifier, x=x) for one in (searched, read)]
    assert len(made[0]) > 100
    assert_same(*made)


def test_a_plan_of_numpy_numbers_is_read_as_one_of_plain_ones(tmp_path: Path) -> None:
    numbers: dict[str, Any] = {"samples": np.int64(40), "step": np.float64(0.05)}
    plan = replace(PLAN.search, **numbers)
    searched = searched_with(replace(PLAN, search=plan))[-1]
    read = read_search(written(tmp_path, write_search, searched))
    assert read.rays.plan == searched.rays.plan


def with_plan(arrays: Arrays, **changed: Any) -> Arrays:
    return with_settings(arrays, plan={**settings_of(arrays)["plan"], **changed})


def with_check(arrays: Arrays, **changed: Any) -> Arrays:
    return with_settings(arrays, check={**settings_of(arrays)["check"], **changed})


def first_crossing(arrays: Arrays) -> int:
    return int(np.flatnonzero(arrays["step"] > 0)[0])


DAMAGED_SEARCHES: dict[str, Callable[[Arrays], Arrays]] = {
    "no step": lambda a: without(a, "step"),
    "no settings": lambda a: without(a, "settings"),
    "no places": lambda a: without(a, "place"),
    "settings that are no JSON": lambda a: {**a, "settings": np.zeros(3, dtype=np.uint8)},
    "deep settings": lambda a: {**a, "settings": np.full(10**5, ord("["), dtype=np.uint8)},
    "settings that are a number": lambda a: {**a, "settings": np.full(1, ord("7"), np.uint8)},
    "settings of another type": lambda a: {**a, "settings": np.zeros(3)},
    "another kind": lambda a: with_settings(a, kind="examples"),
    "another version": lambda a: with_settings(a, version=2),
    "no classes": lambda a: with_settings(a, classes="4"),
    "fewer classes": lambda a: with_settings(a, classes=2),
    "classes with a point": lambda a: with_settings(a, classes=4.0),
    "a plan that lacks a field": lambda a: with_settings(a, plan={"samples": 40, "directions": 12}),
    "a plan of more samples": lambda a: with_plan(a, samples=41),
    "a plan of half samples": lambda a: with_plan(a, samples=40.0),
    "a plan of other directions": lambda a: with_plan(a, directions=24, signs=1),
    "a plan of fewer steps": lambda a: with_plan(a, steps=2),
    "a plan that is none": lambda a: with_plan(a, steps=-1),
    "a clip that is a word": lambda a: with_plan(a, clip="no"),
    "a step that is no number": lambda a: with_plan(a, step=float("nan")),
    "an unknown field": lambda a: with_plan(a, colour=1),
    "no check": lambda a: with_settings(a, check=None),
    "an unknown strategy": lambda a: with_check(a, strategy="guessed"),
    "half a ray checked": lambda a: with_check(a, audited=0.5),
    "fewer than no rays checked": lambda a: with_check(a, audited=-1),
    "a check with an unknown field": lambda a: with_check(a, colour=1),
    "a row twice": lambda a: with_value(a, "rows", 0, a["rows"][1]),
    "a negative row": lambda a: with_value(a, "rows", 0, -1),
    "rows that are no integers": lambda a: {**a, "rows": a["rows"] * 1.0},
    "fewer rows": lambda a: {**a, "rows": a["rows"][1:]},
    "an unknown class": lambda a: with_value(a, "origin", 0, 4),
    "directions that are no numbers": lambda a: with_value(a, "directions", 0, np.nan),
    "directions that are whole": lambda a: {**a, "directions": a["directions"].astype(int)},
    "a single direction": lambda a: {**a, "directions": a["directions"][:1]},
    "flat directions": lambda a: {**a, "directions": a["directions"][:, 0, 0, 0]},
    "a step too many": lambda a: with_value(a, "step", 0, 21),
    "an adjacent class too many": lambda a: with_value(a, "adjacent", first_crossing(a), 9),
    "a crossing into no class": lambda a: with_value(a, "adjacent", first_crossing(a), -1),
    "a crossing into its own class": lambda a: with_value(
        a, "adjacent", first_crossing(a), a["origin"][first_crossing(a) // 24]
    ),
    "half of a sample misclassified": lambda a: with_value(
        with_value(with_value(a, "step", first_crossing(a), 0), "place", first_crossing(a), 0),
        "realised",
        first_crossing(a),
        0,
    ),
    "a crossing of infinite size": lambda a: with_value(a, "realised", first_crossing(a), np.inf),
    "a crossing of negative size": lambda a: with_value(a, "realised", first_crossing(a), -1),
    "a crossing beyond its step": lambda a: with_value(a, "place", first_crossing(a), 20.5),
    "a crossing before its step": lambda a: with_value(
        a, "place", first_crossing(a), a["step"][first_crossing(a)] - 1
    ),
    "a place without a crossing": lambda a: with_value(
        a, "place", int(np.flatnonzero(a["step"] == -1)[0]), 3
    ),
    "a crossing nowhere": lambda a: with_value(a, "place", first_crossing(a), np.nan),
    "fewer rays": lambda a: {**a, "step": a["step"][1:]},
}


@pytest.mark.parametrize("what", DAMAGED_SEARCHES)
def test_a_damaged_search_is_refused(what: str, search_arrays: Arrays, tmp_path: Path) -> None:
    path = tmp_path / "search.npz"
    np.savez(path, **search_arrays)
    read_search(path)
    refused(read_search, DAMAGED_SEARCHES[what](search_arrays), path)


def test_other_files_are_refused(
    search_arrays: Arrays, example_arrays: Arrays, tmp_path: Path
) -> None:
    path = tmp_path / "kept.npz"
    assert "kind of file" in refused(read_search, example_arrays, path)
    assert "kind of file" in refused(read_examples, search_arrays, path)
    objects = {**search_arrays, "rows": np.array([{}] * 40, dtype=object)}
    assert "allow_pickle" in refused(read_search, objects, path)
    path.write_bytes(path.read_bytes()[:-200])
    for read in (read_search, read_examples):
        with pytest.raises(RecordError, match="cannot be read"):
            read(path)
        with pytest.raises(RecordError, match="no file"):
            read(tmp_path / "nothing.npz")
