"""Tracing rays: finding the first step in another class without evaluating every step.

A ray is probed far ahead, and the steps on the way are left out where the gaps at
both ends say that none of them can lie beyond the boundary (`robaudit.searching.dips`). Where
they do not say so, the stretch is divided at the likeliest crossing, and the nearer
part is settled first: what is found is the first crossing, not some crossing.
"""

from collections.abc import Callable

import numpy as np

from robaudit.rays import NONE
from robaudit.searching.dips import Dips, likeliest_step, most_points, step_beyond
from robaudit.searching.gaps import Evaluate
from robaudit.searching.walking import Found, RayQueue
from robaudit.types import BoolArray, FloatArray, IntArray


def trace(
    evaluate: Evaluate,
    origin: Callable[[IntArray], IntArray],
    start_gap: Callable[[IntArray], FloatArray],
    queue: RayQueue,
    dips: Dips,
    batch_size: int,
    found: Found,
) -> None:
    """Find the first crossing of each ray of a queue.

    ``origin`` and ``start_gap`` give the reference class of rays (n,), and the gap at
    their samples, which are in their reference class.
    """
    bench = _Bench(batch_size, dips)
    while True:
        fresh = queue.take(bench.room)
        if len(fresh):
            bench.begin(fresh, start_gap(fresh))
        if not len(bench.busy):
            return
        ray = bench.ray[bench.busy]
        classes, gaps = evaluate(ray, bench.ask[bench.busy])
        bench.place(classes, gaps, classes != origin(ray))
        bench.settle(found)


class _Bench:
    """Places (B,) at which rays are worked on, and what is known of each.

    All steps up to ``left`` are settled; the gap there is ``left_gap``. Ahead of it,
    nearest last, are ``depth`` points with known gaps. All lie in the reference class
    but perhaps the farthest, which then lies in ``beyond``. ``ask`` is the next step to
    evaluate.
    """

    def __init__(self, places: int, dips: Dips) -> None:
        self.dips = dips
        self.ray, self.left, self.depth, self.ask = np.zeros((4, places), dtype=np.int64)
        self.left_gap = np.zeros(places)
        self.beyond = np.full(places, NONE, dtype=np.int64)
        self.ahead_step = np.zeros((places, most_points(dips.steps)), dtype=np.int64)
        self.ahead_gap = np.zeros(self.ahead_step.shape)
        self.is_busy = np.zeros(places, dtype=bool)
        self.busy = np.flatnonzero(self.is_busy)

    @property
    def room(self) -> int:
        """How many places are free."""
        return len(self.ray) - len(self.busy)

    def begin(self, ray: IntArray, gap: FloatArray) -> None:
        """Start on rays (n,), whose samples have gaps (n,)."""
        at = np.flatnonzero(~self.is_busy)[: len(ray)]
        self.is_busy[at] = True
        self.busy = np.flatnonzero(self.is_busy)
        self.ray[at], self.left[at], self.left_gap[at] = ray, 0, gap
        self.depth[at], self.beyond[at] = 0, NONE
        self.ask[at] = self.dips.first_probe(gap)

    def place(self, classes: IntArray, gaps: FloatArray, crossed: BoolArray) -> None:
        """Note class and gap of the steps asked for; what lies behind a crossing is forgotten."""
        at = self.busy
        self.depth[at[crossed]] = 0
        self.beyond[at[crossed]] = classes[crossed]
        self.ahead_step[at, self.depth[at]] = self.ask[at]
        self.ahead_gap[at, self.depth[at]] = gaps
        self.depth[at] += 1

    def settle(self, found: Found) -> None:
        """Pass over all steps that need no evaluation, and choose the next for the others."""
        at = self.busy
        while len(at):
            top = self.depth[at] - 1
            left, right = self.left[at], self.ahead_step[at, top]
            one, other = self.left_gap[at], self.ahead_gap[at, top]
            crossed = (top == 0) & (self.beyond[at] != NONE)
            length = right - left
            passed = ~crossed & self.dips.stay_above(length, one, other)
            hit = crossed & self.dips.none_before(length, one, other)
            self._end(at[hit], right[hit], found)
            split = ~passed & ~hit
            self.ask[at[split]] = likeliest_step(
                left[split], right[split], one[split], other[split], crossed[split]
            )
            at, decline = at[passed], ((one - other) / length)[passed]
            self.left[at], self.left_gap[at] = right[passed], other[passed]
            self.depth[at] -= 1
            over = self.left[at] == self.dips.steps
            self._end(at[over], np.full(int(over.sum()), NONE), found)
            empty = (self.depth[at] == 0) & ~over
            ahead = at[empty]
            self.ask[ahead] = step_beyond(
                self.left[ahead], self.left_gap[ahead], decline[empty], self.dips.steps
            )
            at = at[~over & ~empty]
        self.busy = np.flatnonzero(self.is_busy)

    def _end(self, at: IntArray, step: IntArray, found: Found) -> None:
        if len(at):
            found(self.ray[at], step, np.where(step == NONE, NONE, self.beyond[at]))
            self.is_busy[at] = False
