"""Rays that are walked in full, to calibrate and check the traced search.

What was ever evaluated on them is kept, so that the search can be tried on them with less
and less caution at next to no cost: the model is what is dear, and fourteen trials share what
they ask of it. The rays that calibrate and those that check are drawn apart: a process judged
on the rays that it was measured on would look better than it is.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from robaudit.batches import slices
from robaudit.search.ray_scores import Evaluate
from robaudit.search.rays import NONE
from robaudit.search.traced.gap_process import GapProcess, measure_process
from robaudit.search.traced.trace import trace
from robaudit.search.walk import RayQueue, walk_linearly
from robaudit.types import BoolArray, FloatArray, IntArray

_AT_A_TIME = 1024
"""So many known rays are traced at a time: as they need not be evaluated, more are no faster."""


@dataclass(frozen=True)
class KnownRays:
    """Some rays (n,), and all that was ever evaluated on them.

    ``origin`` and ``start_gap`` (n,) are the reference class and the gap at the sample;
    ``classes`` and ``gaps`` (n, steps + 1) hold what ``known`` marks. ``evaluate`` is
    asked for what is missing. Rows count as rays here.
    """

    ray: IntArray
    origin: IntArray
    classes: IntArray
    gaps: FloatArray
    known: BoolArray
    evaluate: Evaluate
    batch_size: int

    def __len__(self) -> int:
        return len(self.ray)

    @property
    def steps(self) -> int:
        """How many steps a ray has."""
        return int(self.gaps.shape[1]) - 1

    def __call__(self, row: IntArray, step: IntArray) -> tuple[IntArray, FloatArray]:
        """Give class and gap of points, evaluating only what is not yet known."""
        missing = np.flatnonzero(~self.known[row, step])
        for part in slices(len(missing), self.batch_size):
            at = row[missing[part]], step[missing[part]]
            self.classes[at], self.gaps[at] = self.evaluate(self.ray[at[0]], at[1])
            self.known[at] = True
        return self.classes[row, step], self.gaps[row, step]

    def evaluate_all(self) -> None:
        """Evaluate every step of every ray."""
        row, step = np.nonzero(~self.known)
        for part in slices(len(row), self.batch_size):
            self(row[part], step[part])

    @cached_property
    def answer(self) -> tuple[IntArray, IntArray]:
        """Step and adjacent class of each ray, as `Rays` has them, from walking step by step."""
        answer = _Answer(len(self))
        walk_linearly(
            lambda row, step: self(row, step)[0],
            lambda row: self.origin[row],
            self._queue(),
            self.steps,
            len(self),
            answer,
        )
        return answer.step, answer.adjacent

    @property
    def shares(self) -> FloatArray:
        """Give min(margin, reach) / reach of each ray, from walking step by step: (n,)."""
        step, _ = self.answer
        return np.asarray(np.where(step == NONE, self.steps, step) / self.steps)

    def walking_cost(self) -> int:
        """Count what walking all rays step by step evaluates."""
        step, _ = self.answer
        return int(np.where(step == NONE, self.steps, step).sum())

    def try_tracing(self, process: GapProcess, skip_beyond: float) -> tuple[int, int]:
        """Count the rays that tracing tells otherwise than walking, and what tracing evaluates."""
        step, adjacent = self.answer
        answer, asked = _Answer(len(self)), 0

        def evaluate(row: IntArray, at: IntArray) -> tuple[IntArray, FloatArray]:
            nonlocal asked
            asked += len(row)
            return self(row, at)

        trace(
            evaluate,
            lambda row: self.origin[row],
            lambda row: self.gaps[row, 0],
            self._queue(),
            process,
            skip_beyond,
            _AT_A_TIME,
            answer,
        )
        wrong = (step != answer.step) | (adjacent != answer.adjacent)
        return int(wrong.sum()), asked

    def _queue(self) -> RayQueue:
        return RayQueue(len(self), lambda row: np.ones(len(row), dtype=bool))


class _Answer:
    """Takes down what is found of rays (n,)."""

    def __init__(self, count: int) -> None:
        self.step, self.adjacent = np.full((2, count), NONE)

    def __call__(self, row: IntArray, step: IntArray, adjacent: IntArray) -> None:
        self.step[row], self.adjacent[row] = step, adjacent


def known_rays(
    ray: IntArray,
    origin: IntArray,
    start_gap: FloatArray,
    evaluate: Evaluate,
    steps: int,
    batch_size: int,
) -> KnownRays:
    """Begin with nothing known of rays (n,) but origin (n,) and gap (n,) of their samples."""
    shape = (len(ray), steps + 1)
    classes, gaps = np.zeros(shape, dtype=np.int32), np.zeros(shape)
    known = np.zeros(shape, dtype=bool)
    classes[:, 0], gaps[:, 0], known[:, 0] = origin, start_gap, True
    return KnownRays(ray, origin, classes, gaps, known, evaluate, batch_size)


def calibrate(rays: KnownRays) -> GapProcess:
    """Measure how gaps run along rays, on all of their steps."""
    rays.evaluate_all()
    return measure_process(rays.gaps)
