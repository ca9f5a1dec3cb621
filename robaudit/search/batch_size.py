"""How many rays to work on at a time: what is fastest here, within a limit of memory."""

import statistics
import time
from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from robaudit.batches import batch_size_for
from robaudit.search.plan import SearchPlan
from robaudit.search.rays import locate_rays
from robaudit.storage.memory import forget_peak, free_memory, peak_memory
from robaudit.types import InputSpec, Probe

_SMALLEST = 16
_LARGEST = 16_384
_SECONDS = 2.0
_CALLS = 3
_SECONDS_EACH = 0.05
"""Each size is tried so often and so long at least; `_SECONDS` are for all of them."""
_WARM_UP = 0.2
"""Seconds of calls before, since frameworks take so long to be as fast as they will be."""
_BESIDE = {"linear": 5e-5, "traced": 2e-4}
"""Seconds that a search takes for each batch beside its probe, and beside what each ray takes."""
_AS_FAST = 0.97
"""The smallest batch of this share of the highest speed is taken."""
_ONCE_MORE = 0.8
"""Batches of this share of it are tried twice: what else the machine did may have held one up."""
_TOO_SLOW = 0.5
_FURTHER = 4
"""None is tried beyond one too slow, or so many times as large as the fastest."""
_BATCHES = 32
"""A search has at least so many batches: with fewer, many of them would not be full."""


def measured_batch_size(
    probe: Probe, samples: int, plan: SearchPlan, spec: InputSpec, memory: int | None = None
) -> int:
    """Try batches of rays of ``samples`` samples, each twice the last, and take what is fastest.

    A batch may take ``memory`` bytes, by default half of what is free. Nothing but the
    speed depends on the answer, so a stopwatch may find it: the best size is another for
    each model and machine. Where there are too few rays for trying to pay, it is
    `batch_size_for`.
    """
    rays = samples * plan.rays_per_sample
    usual = batch_size_for(spec)
    limit = memory if memory is not None else free_memory() // 2
    bytes_each = 4 * 4 * spec.dimension  # the point, its parts, and its copy for the model
    if plan.strategy == "traced":
        bytes_each += 4 * 32 * plan.steps  # what is believed of each step, at most
    fitting = max(1, limit // bytes_each)
    # Frameworks grow fast with the batch, then level off, then fall where caches end: trying
    # from small to large, and stopping once it falls, costs little where batches are slow.
    smallest = min(_SMALLEST, usual, fitting)
    largest = min(_LARGEST, rays // _BATCHES, fitting)
    if smallest < largest:
        with suppress(MemoryError):
            _speed(probe, smallest, rays, plan, _WARM_UP)
    speeds: dict[int, float] = {}
    began = time.perf_counter()
    for size in _doubled(smallest, largest):
        forget_peak()
        before = peak_memory()
        try:
            speeds[size] = _speed(probe, size, rays, plan)
        except MemoryError:
            break
        # The next is twice as large, and takes its memory beside what this one keeps.
        spent = time.perf_counter() - began
        too_long = spent + 2 * _CALLS * size / speeds[size] > _SECONDS
        fastest = max(speeds, key=lambda size: speeds[size])
        too_slow = size >= _FURTHER * fastest or speeds[size] < _TOO_SLOW * speeds[fastest]
        if too_slow or too_long or 2 * (peak_memory() - before) > limit:
            break
    # One try may have been held up by whatever else the machine did, so the best get another.
    for size in _those_near_the_fastest(speeds, _ONCE_MORE):
        with suppress(MemoryError):
            speeds[size] = max(speeds[size], _speed(probe, size, rays, plan))
    return min(_those_near_the_fastest(speeds, _AS_FAST), default=min(usual, fitting))


def _those_near_the_fastest(speeds: dict[int, float], share: float) -> list[int]:
    enough = share * max(speeds.values(), default=0.0)
    return [size for size, speed in speeds.items() if speed >= enough]


def _doubled(first: int, last: int) -> Iterator[int]:
    while first <= last:
        yield first
        first *= 2


def _speed(
    probe: Probe, size: int, rays: int, plan: SearchPlan, least: float = _SECONDS_EACH
) -> float:
    """Give the usual speed of a search in batches of a size, in rays a second.

    The first batch is not timed; the others take ``least`` seconds together, or more.
    """
    sample, direction, sign = locate_rays(np.arange(size) % rays, plan)
    probe(sample, direction, sign * plan.reach)
    seconds: list[float] = []
    while len(seconds) < _CALLS or sum(seconds) < least:
        start = time.perf_counter()
        probe(sample, direction, sign * plan.reach)
        seconds.append(time.perf_counter() - start)
    return size / (statistics.median(seconds) + _BESIDE[plan.strategy])
