"""From turns to figures: medians, and ways compared turn by turn."""

from dataclasses import replace

import pytest

from benchmarks.search import figures
from benchmarks.search.figures import (
    Result,
    disagreements,
    fewer_probes,
    figures_of,
    geometric_mean,
    kept_speed,
    saved_by_tracing,
)
from benchmarks.search.processes import Facts
from robaudit.search.rays import NONE
from tests.support.search_benchmarks import tiny, turn


def test_disagreements_are_counted_over_rays_that_both_walked() -> None:
    linear = turn([1, NONE, 3, 2], [5, NONE, 5, 5])[0]
    assert disagreements(linear, linear) == (0, 4)
    assert disagreements(turn([1, NONE, 2, 2], [5, NONE, 5, 6])[0], linear) == (2, 4)
    assert disagreements(turn([2, NONE], [5, NONE])[0], linear) == (1, 2)
    assert disagreements(replace(linear, step=None), linear) is None


def test_figures_are_medians_of_the_turns() -> None:
    turns = [turn([1, 2], [3, 3], seconds=one) for one in (1.0, 2.0, 50.0)]
    summed = figures_of(turns)
    assert (summed.probes_per_second, summed.rays_per_second) == (50, 1)
    assert (summed.probes_per_ray, summed.added_memory, summed.turns) == (50, 20, 3)
    assert geometric_mean([]) is None


def test_ways_are_compared_turn_by_turn() -> None:
    def way(slowness: list[float], steps: int) -> figures.Figures:
        """Have a way take so many steps in each turn, of these durations."""
        turns = [turn([1], [3], seconds=one, probes=2 * steps) for one in slowness]
        return figures_of([(replace(one, linear_probes=steps), memory) for one, memory in turns])

    # The machine slows down for two turns, and again within the third.
    ways = {"traced": way([1, 4, 4], 600), "authors": way([2, 8, 2], 300)}
    ways |= {"linear": ways["traced"], "bare": ways["authors"]}
    result = Result(tiny(), Facts(1, 1, 10, ""), ways, {}, {})
    assert figures.rays(result, "traced", "authors") == kept_speed(result) == 4
    assert ways["traced"].probes_per_second / ways["authors"].probes_per_second == 1


def test_rays_walked_in_full_are_taken_out_of_what_tracing_saves() -> None:
    traced, memory = turn([1] * 10, [3] * 10, probes=2 * 20 + 8 * 4)
    traced = replace(traced, walked_in_full=2, linear_probes=200)  # 20 probes a ray
    result = Result(
        tiny(), Facts(1, 10, 10, ""), {"traced": figures_of([(traced, memory)])}, {}, {}
    )
    assert fewer_probes(result) == pytest.approx(20 / 7.2)
    assert saved_by_tracing(result) == pytest.approx(5)
