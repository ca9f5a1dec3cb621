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

_FEW = 16
"""One ray of so many may wait for the next batch to be settled: see `_Bench.settle`."""


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
        if not len(bench.asking):
            return
        ray = bench.ray[bench.asking]
        classes, gaps = evaluate(ray, bench.ask[bench.asking])
        bench.place(classes, gaps, classes != origin(ray))
        bench.settle(found)


class _Bench:
    """Places (B,) at which rays are worked on, and what is known of each.

    All steps up to ``left`` are settled; the gap there is ``left_gap``. Ahead of it,
    nearest last, are ``depth`` points with known gaps. All lie in the reference class
    but perhaps the farthest, which then lies in ``beyond``. ``ask`` is the next step to
    evaluate, once a place is among those ``asking``.
    """

    def __init__(self, batch_size: int, dips: Dips) -> None:
        self.dips = dips
        self._most, self._few = batch_size, batch_size // _FEW
        places = self._most + self._few
        self.ray, self.left, self.depth, self.ask = np.zeros((4, places), dtype=np.int64)
        self.left_gap = np.zeros(places)
        self.beyond = np.full(places, NONE, dtype=np.int64)
        self.ahead_step = np.zeros((places, most_points(dips.steps)), dtype=np.int64)
        self.ahead_gap = np.zeros(self.ahead_step.shape)
        self.is_free = np.ones(places, dtype=bool)
        nowhere: IntArray = np.zeros(0, dtype=np.int64)
        self._waiting = self._unsettled = nowhere

    @property
    def asking(self) -> IntArray:
        """Places (n,) of the next batch: see ``ask``."""
        return self._waiting[: self._most]

    @property
    def room(self) -> int:
        """How many rays the next batch lacks."""
        return self._most - len(self.asking)

    def begin(self, ray: IntArray, gap: FloatArray) -> None:
        """Start on rays (n,), whose samples have gaps (n,)."""
        at = np.flatnonzero(self.is_free)[: len(ray)]
        self.is_free[at] = False
        self._waiting = np.append(self._waiting, at)
        self.ray[at], self.left[at], self.left_gap[at] = ray, 0, gap
        self.depth[at], self.beyond[at] = 0, NONE
        self.ask[at] = self.dips.first_probe(gap)

    def place(self, classes: IntArray, gaps: FloatArray, crossed: BoolArray) -> None:
        """Note class and gap of the steps asked for; what lies behind a crossing is forgotten."""
        at = self.asking
        self.depth[at[crossed]] = 0
        self.beyond[at[crossed]] = classes[crossed]
        self.ahead_step[at, self.depth[at]] = self.ask[at]
        self.ahead_gap[at, self.depth[at]] = gaps
        self.depth[at] += 1

    def settle(self, found: Found) -> None:
        """Pass over all steps that need no evaluation, and choose the next for the others.

        The last few that have passed over some and may pass over more wait for those of the
        next batch: another round takes nearly as long for few as for many.
        """
        at = np.append(self.asking, self._unsettled)
        waiting, ended, steps = [self._waiting[self._most :]], [at[:0]], [at[:0]]
        while len(at) > self._few or (len(at) and not any(map(len, waiting))):
            top = self.depth[at] - 1
            left, right = self.left[at], self.ahead_step[at, top]
            one, other = self.left_gap[at], self.ahead_gap[at, top]
            crossed = (top == 0) & (self.beyond[at] != NONE)
            length = right - left
            passed = ~crossed & self.dips.stay_above(length, one, other)
            hit = crossed & self.dips.none_before(length, one, other)
            split = ~(passed | hit)
            divided = at[split]
            self.ask[divided] = likeliest_step(
                left[split], right[split], one[split], other[split], crossed[split]
            )
            ended.append(at[hit])
            steps.append(right[hit])
            at, decline = at[passed], ((one - other) / length)[passed]
            self.left[at], self.left_gap[at] = right[passed], other[passed]
            self.depth[at] -= 1
            over = self.left[at] == self.dips.steps
            ended.append(at[over])
            steps.append(np.full(len(ended[-1]), NONE))
            empty = (self.depth[at] == 0) & ~over
            ahead = at[empty]
            self.ask[ahead] = step_beyond(
                self.left[ahead], self.left_gap[ahead], decline[empty], self.dips.steps
            )
            waiting += [divided, ahead]
            at = at[~(over | empty)]
        self._waiting, self._unsettled = np.concatenate(waiting), at
        self._end(np.concatenate(ended), np.concatenate(steps), found)

    def _end(self, at: IntArray, step: IntArray, found: Found) -> None:
        if len(at):
            found(self.ray[at], step, self.beyond[at])
            self.is_free[at] = True
