"""Rays are told apart by their numbers, however many there are, and come in blocks."""

import tempfile
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from robaudit import SearchPlan
from robaudit.metrics.tally import tally_rays
from robaudit.search import rays
from robaudit.search.rays import NONE, Rays, distance_of, locate_rays
from robaudit.storage.npz import Pieces, write_archive
from tests.support.made_rays import CLASSES, make_rays


def test_rays_are_listed_by_sample_direction_and_sign() -> None:
    plan, nothing = SearchPlan(samples=2, directions=2), np.full(8, NONE)
    rays = Rays(nothing, nothing, np.full(8, np.inf), np.array([3, 1]), plan)
    assert rays.sample.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert rays.direction.tolist() == [0, 0, 1, 1, 0, 0, 1, 1]
    assert rays.sign.tolist() == [1, -1] * 4
    assert rays.origin.tolist() == [3, 3, 3, 3, 1, 1, 1, 1]


def test_rays_are_found_by_numbers_beyond_32_bits() -> None:
    plan = SearchPlan(5_000_000, 1000)
    sample, direction, sign = locate_rays(np.array([0, 2**33 + 5]), plan)
    assert sample.tolist() == [0, 4_294_967]
    assert direction.tolist() == [0, 298]
    assert sign.tolist() == [1, -1]
    block = make_rays(0, 4, SearchPlan(4, 3), CLASSES).of_samples(1, 3)
    assert block.sample.tolist() == [1] * 6 + [2] * 6


def peak(found: Rays) -> int:
    """Measure the most memory that counting and writing rays takes at any time."""
    tracemalloc.start()
    try:
        counted = tally_rays(found, CLASSES)
        assert counted.rays == len(found)

        def column(name: str) -> Pieces:
            return Pieces(
                (len(found),), np.float32, lambda: (getattr(b, name) for b in found.blocks())
            )

        names = ("sample", "direction", "sign", "step", "distance", "realised", "adjacent")
        with tempfile.TemporaryFile() as file:
            write_archive(file, {name: column(name) for name in names})
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_rays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rays, "_RAYS_AT_A_TIME", 2**11)
    peaks = []
    for directions in (50, 1000):
        plan = SearchPlan(50, directions, step=0.07, steps=9)
        made = make_rays(1, 50, plan, CLASSES)
        step, realised = made.step.astype(np.int16), distance_of(made.step, plan).astype(np.float32)
        peaks.append(peak(replace(made, step=step, realised=realised)))
    along = 8 * 1000 * (6 * CLASSES + 2 * CLASSES**2)
    assert peaks[1] < 1.3 * (peaks[0] + along), "what is summed along each direction, and no more"
