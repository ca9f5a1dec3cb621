"""Searches in blocks: what is found is the same, whatever ended the search before, or kept it."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit import Classifier, SearchPlan, batches
from robaudit.batches import Blocks, Pace, Stopped
from robaudit.search import cut as cutting
from robaudit.search.boundary_search import Crossings, search_samples
from robaudit.search.directions import random_directions
from robaudit.storage import blocks as keeping
from robaudit.types import FloatArray
from tests.support import crossings
from tests.support.crossings import affine
from tests.support.kept_work import Ended, KeptWork, ending_after, killed
from tests.support.searches import SHAPE

PLAN = replace(crossings.PLAN, samples=120)
PLANS = {
    "traced": PLAN,
    "linear": replace(PLAN, strategy="linear"),
    "refined": replace(PLAN, refine=0.002),
    "not traced after all": replace(PLAN, tolerance=0.0),
}


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_LARGEST_BLOCK", 1000)
    monkeypatch.setattr(keeping, "SECONDS", 0)


def samples(count: int = PLAN.samples) -> FloatArray:
    return np.random.default_rng(1).random((count, *SHAPE), dtype=np.float32)


def searched(
    plan: SearchPlan,
    work: KeptWork | None = None,
    classifier: Classifier | None = None,
    rays: int = 100,
    **other: Any,
) -> Crossings:
    """Search samples, a tenth of which are misclassified to begin with."""
    x = other.pop("x", samples(plan.samples))
    start = affine().predict(x).argmax(axis=1)
    origin = np.where(np.arange(len(x)) % 10, start, (start + 1) % 5)
    pace = Pace(50, rays, blocks=work.blocks if work else Blocks())
    directions = random_directions(SHAPE, plan.directions, seed=plan.seed)
    asked = (x, origin, directions, plan, pace)
    return search_samples(classifier or affine(), *asked, predicted=(start, 1.0), **other)


def assert_same(one: Crossings, other: Crossings, but: tuple[str, ...] = ()) -> None:
    for name in {field.name for field in fields(Crossings)} - set(but):
        found, expected = getattr(one, name), getattr(other, name)
        if isinstance(expected, np.ndarray):
            assert (found.dtype, found.tobytes()) == (expected.dtype, expected.tobytes()), name
        else:
            assert found == expected, name


@pytest.mark.parametrize("name", PLANS)
def test_what_is_kept_is_what_is_found(name: str, tmp_path: Path) -> None:
    plain = searched(PLANS[name])
    assert_same(searched(PLANS[name], KeptWork(tmp_path)), plain)
    again = KeptWork(tmp_path)
    model = ending_after(affine(), 1, killed)  # it is not asked any more
    assert_same(searched(PLANS[name], again, model), plain)
    assert again.found["rays"] > 5
    assert again.told == []


@pytest.mark.parametrize("name", PLANS)
def test_a_search_that_was_ended_anywhere_goes_on_to_the_same(name: str, tmp_path: Path) -> None:
    plain, calls = searched(PLANS[name]), 0
    for turn in range(1, 200):
        work = KeptWork(tmp_path)
        try:
            found = searched(
                PLANS[name], work, ending_after(affine(), 30 * turn, killed), rays=70 + turn
            )
        except Ended:
            calls += 1
            continue
        assert_same(found, plain, but=("batch_size",))
        assert calls > 2
        return
    raise AssertionError("nothing was kept")


def test_damaged_blocks_are_done_again_and_said(tmp_path: Path) -> None:
    plain = searched(PLAN, KeptWork(tmp_path))
    path = tmp_path / "own.blocks"
    content = bytearray(path.read_bytes())
    for place in range(300, len(content), 3000):
        content[place] ^= 1
    path.write_bytes(content)
    work = KeptWork(tmp_path)
    assert_same(searched(PLAN, work), plain)
    assert work.told
    assert all("damaged" in sentence or "goes on" in sentence for sentence in work.told)


@pytest.mark.parametrize(
    "change",
    [{"steps": 20}, {"step": 0.01}, {"clip": False}, {"seed": 1}, {"refine": 0.01}, {"signs": 1}],
    ids=str,
)
def test_rays_of_another_plan_are_searched_anew(change: dict[str, Any], tmp_path: Path) -> None:
    searched(PLAN, KeptWork(tmp_path))
    other, work = replace(PLAN, **change), KeptWork(tmp_path)
    assert_same(searched(other, work), searched(other))
    assert set(work.found) <= {"batch-size"}


def test_more_samples_keep_the_rays_of_those_that_stay(tmp_path: Path) -> None:
    few = replace(PLANS["linear"], samples=60)
    searched(few, KeptWork(tmp_path), x=samples()[:60])
    more, work = PLANS["linear"], KeptWork(tmp_path)
    assert_same(searched(more, work), searched(more))
    assert work.found["rays"] == 60 // cutting.samples_in_block(more, 1000)


def test_another_sample_is_searched_anew(tmp_path: Path) -> None:
    linear = PLANS["linear"]
    searched(linear, KeptWork(tmp_path))
    x = samples()
    x[0] = x[1]
    work = KeptWork(tmp_path)
    assert_same(searched(linear, work, x=x), searched(linear, x=x))
    blocks = -(-len(x) // cutting.samples_in_block(linear, 1000))
    assert work.found["rays"] == blocks - 1


@pytest.mark.parametrize("name", PLANS)
def test_a_search_that_is_stopped_gives_the_first_samples(name: str, tmp_path: Path) -> None:
    plan = PLANS[name]
    whole = searched(plan)
    found = searched(plan, KeptWork(tmp_path, rays=3))
    rays = len(found.step)
    assert 0 < rays < len(whole.step)
    assert rays % plan.rays_per_sample == 0
    for column in ("step", "adjacent", "place"):
        expected = getattr(whole, column)
        if expected is not None:
            np.testing.assert_array_equal(getattr(found, column), expected[:rays])
    assert found.check.upper_bound * rays == pytest.approx(
        whole.check.upper_bound * len(whole.step)
    )
    assert_same(searched(plan, KeptWork(tmp_path)), whole)


def test_a_search_that_is_stopped_before_any_sample_says_so(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        searched(PLAN, KeptWork(tmp_path, calibration=1))
    assert Stopped.__mro__[1] is KeyboardInterrupt
