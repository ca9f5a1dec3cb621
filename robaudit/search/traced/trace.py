"""Tracing rays: finding the first step in another class without evaluating every step.

Of each ray the likeliest first step beyond the boundary is evaluated, given all that is
known of it; if it is likely to have none, the step that is likeliest to be one after all.
It ends where all steps before the crossing that was found, or all of them, lie so many
standard deviations inside the class: what is found is a crossing, and, as often as the check
says, the first one.
"""

from collections.abc import Callable

import numpy as np

from robaudit.search.ray_scores import Evaluate
from robaudit.search.rays import NONE
from robaudit.search.traced.gap_process import GapProcess, Posterior
from robaudit.search.walk import Found, RayQueue
from robaudit.types import BoolArray, FloatArray, IntArray

_NEAR = 0.6
"""A step so few standard deviations inside the class is evaluated as the first beyond it.

Where it lies inside after all, the steps before it are mostly settled with it."""


def trace(
    evaluate: Evaluate,
    origin: Callable[[IntArray], IntArray],
    start_gap: Callable[[IntArray], FloatArray],
    queue: RayQueue,
    process: GapProcess,
    skip_beyond: float,
    batch_size: int,
    take_down: Found,
) -> None:
    """Find the first crossing of each ray of a queue.

    ``origin`` and ``start_gap`` give the reference class of rays (n,), and the gap at
    their samples, which are in their reference class. Steps ``skip_beyond`` standard deviations
    inside it need not be evaluated.
    """
    posterior = Posterior(process)
    nothing: IntArray = np.zeros(0, dtype=np.int64)
    ray = step = crossing = adjacent = nothing
    while True:
        fresh = queue.take(batch_size - len(ray))
        posterior.add(start_gap(fresh))
        first, _ = _next_steps(posterior.deviations(slice(len(ray), None)), skip_beyond)
        nowhere = np.full(len(fresh), NONE)
        ray, step = np.append(ray, fresh), np.append(step, first)
        crossing, adjacent = np.append(crossing, nowhere), np.append(adjacent, nowhere)
        if not len(ray):
            return
        classes, gaps = evaluate(ray, step)
        beyond = classes != origin(ray)
        crossing[beyond], adjacent[beyond] = step[beyond], classes[beyond]
        posterior.observe(step, gaps, beyond)
        step, settled = _next_steps(posterior.deviations(slice(None)), skip_beyond)
        if settled.any():
            take_down(ray[settled], crossing[settled], adjacent[settled])
            going = ~settled
            posterior.keep(going)
            ray, step = ray[going], step[going]
            crossing, adjacent = crossing[going], adjacent[going]


def _next_steps(deviations: FloatArray, skip_beyond: float) -> tuple[IntArray, BoolArray]:
    """Choose the step (n,) to evaluate next, and tell which rays (n,) are settled.

    ``deviations`` (n, T) says how many of them steps 1 to T lie inside the class, endless
    where that does not matter any more.
    """
    rows = np.arange(len(deviations))
    near = deviations <= min(_NEAR, skip_beyond)
    place = near.argmax(axis=1)
    settled = ~near[rows, place]
    others = np.flatnonzero(settled)
    weakest = deviations[others].argmin(axis=1)
    place[others] = weakest
    settled[others] = deviations[others, weakest] > skip_beyond
    return place + 1, settled
