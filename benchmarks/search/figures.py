"""From turns to figures: medians, disagreements, and how the ways compare over all models."""

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.search.processes import Facts, Memory
from benchmarks.search.subjects import Subject
from benchmarks.search.turns import Turn

LARGE = 1_000_000
"""Multiply-adds from which on a model is not tiny."""


@dataclass(frozen=True)
class Figures:
    """One way on one model: medians over its turns, and the most memory of any of them.

    ``added_memory`` is what its first turn took beside what was there before, the model
    included, in bytes. ``walked_in_full`` counts rays walked to calibrate and check a
    traced search, ``linear_probes_per_ray`` what its rays take step by step. ``fallback``
    says why another strategy was used, if it was; ``once`` are seconds that each search
    takes beside, however many rays it walks, ``after`` those for realised distances.
    ``all_probes_per_second`` are those of each turn, and ``all_steps_per_second`` count what
    the rays of a turn take step by step, whatever was evaluated.
    """

    probes_per_second: float
    rays_per_second: float
    probes_per_ray: float | None
    in_model: float
    peak_memory: int
    added_memory: int
    batch_size: int
    turns: int
    walked_in_full: int = 0
    linear_probes_per_ray: float | None = None
    fallback: str = ""
    once: float = 0.0
    after: float = 0.0
    all_probes_per_second: Sequence[float] = ()
    all_steps_per_second: Sequence[float] = ()


@dataclass(frozen=True)
class Result:
    """One model: its figures by way, reasons for those left out, and who disagrees.

    ``disagreements`` has, for each way that walked the same rays as the linear search,
    how many of them it told otherwise and how many were compared.
    """

    subject: Subject
    facts: Facts
    ways: Mapping[str, Figures]
    left_out: Mapping[str, str]
    disagreements: Mapping[str, tuple[int, int]]


def figures_of(turns: Sequence[tuple[Turn, Memory]]) -> Figures:
    """Sum up the turns of one way. What depends on the rays is the first turn's: it walks most."""
    first, memory = turns[0]
    probes_per_second = [turn.probes / turn.seconds for turn, _ in turns]
    return Figures(
        statistics.median(probes_per_second),
        statistics.median(turn.rays / turn.seconds for turn, _ in turns),
        first.probes / first.rays if first.rays else None,
        statistics.median(turn.in_model for turn, _ in turns),
        max(one.peak for _, one in turns),
        memory.peak - memory.before,
        first.batch_size,
        len(turns),
        first.walked_in_full,
        first.linear_probes / first.rays if first.rays else None,
        first.fallback,
        first.once,
        first.after,
        probes_per_second,
        [turn.linear_probes / turn.seconds for turn, _ in turns],
    )


def disagreements(turn: Turn, linear: Turn) -> tuple[int, int] | None:
    """Count rays whose step or adjacent class differ, among those that both walked."""
    if turn.step is None or linear.step is None:
        return None
    if turn.adjacent is None or linear.adjacent is None:
        return None
    both = min(len(turn.step), len(linear.step))
    differ = (turn.step[:both] != linear.step[:both]) | (
        turn.adjacent[:both] != linear.adjacent[:both]
    )
    return int(np.count_nonzero(differ)), both


@dataclass(frozen=True)
class Summary:
    """A ratio over some of the models: its geometric mean, and the number to reach, if any."""

    name: str
    mean: float | None
    models: int
    target: float | None


def summaries(results: Sequence[Result]) -> list[Summary]:
    """Compare the ways over all models."""

    def large(one: Result) -> bool:
        return one.facts.multiply_adds >= LARGE

    def traced(one: Result) -> bool:
        return not one.ways["traced"].fallback

    def over(
        name: str,
        ratio: Callable[[Result], float],
        among: Callable[[Result], bool],
        target: float | None,
    ) -> Summary:
        ratios = [ratio(one) for one in results if among(one)]
        return Summary(name, geometric_mean(ratios), len(ratios), target)

    def always(_result: Result) -> bool:
        return True

    def speed(way: str, other: str) -> Callable[[Result], float]:
        return lambda one: rays(one, way, other)

    return [
        over("probes: linear / traced, where it was not given up", fewer_probes, traced, 5),
        over(
            "probes: linear / traced, but for rays walked in full", saved_by_tracing, traced, None
        ),
        over("probes: linear / traced, all models", fewer_probes, always, None),
        over("linear probes/s / bare, a million multiply-adds or more", kept_speed, large, 0.9),
        over("linear probes/s / bare, tiny", kept_speed, lambda one: not large(one), 0.6),
        over(
            "rays/s: traced / authors' way, where it was not given up",
            speed("traced", "authors"),
            traced,
            10,
        ),
        over("rays/s: traced / authors' way, all models", speed("traced", "authors"), always, None),
        over("rays/s: traced / linear, all models", speed("traced", "linear"), always, None),
        over("rays/s: linear / authors' way", speed("linear", "authors"), always, None),
    ]


def fewer_probes(result: Result) -> float:
    """Divide what the rays of the traced search take step by step by what it evaluated."""
    linear, traced = _probes(result)
    return linear / traced


def saved_by_tracing(result: Result) -> float:
    """Divide the probes of both searches by ray, but for rays that the traced one walked in full.

    These are as many for any number of rays, so that this is what is saved on very many.
    Each is taken to cost what a ray costs the linear search; some cost more.
    """
    linear, traced = _probes(result)
    share = result.ways["traced"].walked_in_full / result.facts.rays
    return linear * (1 - share) / (traced - share * linear)


def _probes(result: Result) -> tuple[float, float]:
    """Give the probes for each ray of the traced search: step by step, and as it went."""
    traced = result.ways["traced"]
    return traced.linear_probes_per_ray or math.nan, traced.probes_per_ray or math.nan


def kept_speed(result: Result) -> float:
    """Divide the probes a second of the linear search by the bare model's inputs a second."""
    linear, bare = result.ways["linear"], result.ways["bare"]
    return _median_ratio(linear.all_probes_per_second, bare.all_probes_per_second)


def rays(result: Result, way: str, other: str) -> float:
    """Divide the rays a second of one way by those of another, had both walked all rays.

    Some ways walk only a part of the rays, which may be longer or shorter than the rest. So
    what is compared are the steps they take, or spare themselves, in a second.
    """
    one, two = result.ways[way], result.ways[other]
    return _median_ratio(one.all_steps_per_second, two.all_steps_per_second)


def _median_ratio(ones: Sequence[float], others: Sequence[float]) -> float:
    """Divide turn by turn, so that a machine that is slow for some minutes is so for both."""
    return statistics.median(one / other for one, other in zip(ones, others, strict=True))


def geometric_mean(ratios: Iterable[float]) -> float | None:
    """Give the geometric mean, ``None`` where there are no ratios.

    >>> geometric_mean([2.0, 8.0])
    4.0
    """
    logs = [math.log(ratio) for ratio in ratios]
    return math.exp(statistics.fmean(logs)) if logs else None
