"""What the traced search begins with: how its model's gaps run, and how far it may skip.

It looks at rays of all samples, so it is done before them; in parts, which are kept, since
walking them may take long.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from robaudit.batches import slices
from robaudit.search.cut import Cut
from robaudit.search.ray_scores import RayScores
from robaudit.search.state import SearchState
from robaudit.search.traced.calibration import KnownRays, known_rays
from robaudit.search.traced.check import Check, try_tracing
from robaudit.search.traced.gap_process import GapProcess
from robaudit.stats.randomness import Stream, generator
from robaudit.types import BoolArray, FloatArray, IntArray

_QUANTUM_SAMPLES = 64
_FEWEST_RAYS = 16


@dataclass(frozen=True)
class Calibrated:
    """What came of calibrating and checking: ``process`` is ``None`` where rays are to be walked.

    Steps need not be evaluated that are ``skip_beyond`` standard deviations inside their class.
    ``start_gaps`` (S,) are the gaps at samples, multiples of ``quantum``, and ``known`` (3, n)
    the rays walked on the way with their step and adjacent class. All of it took so many
    ``evaluations``, and met so many ``near_ties``.
    """

    check: Check
    process: GapProcess | None = None
    skip_beyond: float = np.inf
    quantum: float = 0.0
    start_gaps: FloatArray = field(default_factory=lambda: np.zeros(0))
    known: IntArray = field(default_factory=lambda: np.zeros((3, 0), dtype=np.int64))
    evaluations: int = 0
    near_ties: int = 0


def calibrate_search(
    evaluate: RayScores, state: SearchState, cut: Cut, batch_size: int
) -> Calibrated:
    """Calibrate and check the traced search, or take what was kept of having done so."""
    cut = replace(
        cut,
        blocks=cut.blocks.within(
            samples=cut.marks,
            origin=state.origin.astype(np.int64),
            start=state.start.astype(np.int64),
            first=evaluate.first,
            seed=state.plan.seed,
            kind=evaluate.kind,
        ),
    )
    return cut.blocks.done(
        "check",
        Calibrated,
        lambda: _Calibration(evaluate, state, cut, batch_size).done(),
        tolerance=state.plan.tolerance,
    )


@dataclass(frozen=True)
class _Evaluated:
    """What is kept of points of some rays, or samples (n,): of rays all that `KnownRays` has."""

    gaps: FloatArray
    evaluations: int
    near_ties: int
    classes: IntArray | None = None
    known: BoolArray | None = None


class _Calibration:
    """A calibration under way."""

    def __init__(self, evaluate: RayScores, state: SearchState, cut: Cut, batch_size: int) -> None:
        samples = state.samples_to_walk[:_QUANTUM_SAMPLES]
        self._evaluate = evaluate.with_quantum(samples, batch_size)
        self._state, self._cut, self._batch_size = state, cut, batch_size
        self._random = generator(state.plan.seed, Stream.CHECKING)
        self._parts: list[_Evaluated] = []
        self._drawn = 0
        self._gaps = self._start_gaps()

    def done(self) -> Calibrated:
        state = self._state
        rays, samples = state.rays_to_walk, len(state.samples_to_walk)
        trial = try_tracing(self._draw, rays, samples, state.plan.tolerance)
        answers = [np.stack((walked.ray, *walked.answer)) for walked in trial.walked]
        evaluations, near_ties = self._evaluate.counts.of()
        return Calibrated(
            check=trial.check,
            process=trial.process,
            skip_beyond=trial.skip_beyond,
            quantum=self._evaluate.quantum,
            start_gaps=self._gaps,
            known=np.concatenate(answers, axis=1),
            evaluations=evaluations + sum(part.evaluations for part in self._parts),
            near_ties=near_ties + sum(part.near_ties for part in self._parts),
        )

    def _start_gaps(self) -> FloatArray:
        """Give the gap (S,) at each sample that is to be walked from; of others it is 0."""
        samples, batch_size = self._state.samples_to_walk, self._batch_size
        gaps = np.zeros(len(self._state.origin))
        parts = list(slices(len(samples), self._cut.points or len(samples)))

        def evaluated(part: slice) -> _Evaluated:
            ray = samples[part] * self._state.plan.rays_per_sample
            evaluate = self._evaluate.counting_anew()
            found = [
                evaluate(ray[few], np.zeros_like(ray[few]))[1]
                for few in slices(len(ray), batch_size)
            ]
            return _Evaluated(np.concatenate(found), *evaluate.counts.of())

        def task(number: int) -> tuple[Callable[[], _Evaluated], dict[str, Any]]:
            part = parts[number]
            return partial(evaluated, part), {"start": part.start}

        for part, found in zip(parts, self._done(len(parts), task), strict=True):
            gaps[samples[part]] = found.gaps
        return gaps

    def _draw(self, count: int) -> KnownRays:
        """Draw rays, and walk them; the first are the pilot, of which each step is evaluated."""
        pilot, self._drawn = not self._drawn, self._drawn + count
        rays = self._known(self._state.draw(count, self._random), self._evaluate)
        at_a_time = max(_FEWEST_RAYS, (self._cut.points or 0) // self._state.plan.steps)
        parts = list(slices(count, at_a_time if self._cut.points else count))

        def walked(ray: IntArray) -> _Evaluated:
            evaluate = self._evaluate.counting_anew()
            few = self._known(ray, evaluate)
            if pilot:
                few.evaluate_all()
            _ = few.answer  # which walks them
            return _Evaluated(few.gaps, *evaluate.counts.of(), few.classes, few.known)

        def task(number: int) -> tuple[Callable[[], _Evaluated], dict[str, Any]]:
            part = parts[number]
            drawn, ray = self._drawn - count + part.start, rays.ray[part]
            return partial(walked, ray), {"drawn": drawn, "ray": ray}

        for part, found in zip(parts, self._done(len(parts), task), strict=True):
            for name in ("gaps", "classes", "known"):
                getattr(rays, name)[part] = getattr(found, name)
        return rays

    def _done(
        self, count: int, task: Callable[[int], tuple[Callable[[], _Evaluated], dict[str, Any]]]
    ) -> list[_Evaluated]:
        """Do parts of the calibration, together with other shares, or find them done."""
        found = self._cut.blocks.together("calibration", _Evaluated, count, task)
        self._parts += found
        return found

    def _known(self, ray: IntArray, evaluate: RayScores) -> KnownRays:
        origin, gaps = (
            self._state.origin_of(ray),
            self._gaps[ray // self._state.plan.rays_per_sample],
        )
        return known_rays(ray, origin, gaps, evaluate, self._state.plan.steps, self._batch_size)
