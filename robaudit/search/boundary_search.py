"""The boundary search: how far along each ray the predicted class stays.

From every sample, along every direction (both ways when the plan says so), the
search steps outwards until the class changes: Algorithm 1, step 3 of the paper. The
linear search evaluates every step, as He, Li and Song do (ICLR 2018); the traced one
leaves out those that cannot matter, and is checked against the linear one. A search
knows nothing of models: it is handed a probe.
"""

from dataclasses import dataclass

import numpy as np

from robaudit.batches import Pace, batch_size_for, slices
from robaudit.predicting import classes_of, make_probe, points_on_rays
from robaudit.search.batch_size import measured_batch_size
from robaudit.search.directions import rms
from robaudit.search.plan import SearchPlan
from robaudit.search.ray_scores import RayScores
from robaudit.search.rays import MISCLASSIFIED, Rays, locate_rays
from robaudit.search.refine import refine
from robaudit.search.state import SearchState
from robaudit.search.traced.calibration import KnownRays, known_rays
from robaudit.search.traced.check import Check, reason_not_to, try_tracing
from robaudit.search.traced.trace import trace
from robaudit.search.walk import walk_linearly
from robaudit.stats.randomness import Stream, generator
from robaudit.storage.columns import empty_column
from robaudit.types import (
    Classifier,
    FloatArray,
    InputSpec,
    IntArray,
    Probe,
    Progress,
    ScoreKind,
    no_progress,
)

_QUANTUM_SAMPLES = 64


@dataclass(frozen=True)
class Crossings:
    """What a search finds: step (R,) and adjacent class (R,), and what it cost.

    ``place`` (R,) is where crossings were found between steps, in steps, if the plan says so.
    ``evaluations`` counts the points that were evaluated, ``near_ties`` those among them
    whose class hung on rounding and was computed again, alone; ``linear_evaluations`` is
    what evaluating every step up to the crossings takes. ``check`` says how far the answer
    can be trusted; ``batch_size`` rays were under way at a time.
    """

    step: IntArray
    adjacent: IntArray
    place: FloatArray | None
    evaluations: int
    linear_evaluations: int
    near_ties: int
    check: Check
    batch_size: int


def search(
    probe: Probe,
    origin: IntArray,
    start: IntArray,
    plan: SearchPlan,
    *,
    scale: float,
    batch_size: int,
    scores: ScoreKind = "logits",
    first: int = 0,
    progress: Progress = no_progress,
) -> Crossings:
    """Search along every ray of a plan by the plan's strategy.

    ``origin`` (S,) is each sample's reference class, ``start`` (S,) the class
    predicted for it, ``scale`` how large its model's scores usually are. The first sample
    is number ``first`` of those that the directions are shared out to. The answer does not
    depend on ``batch_size``, the number of rays under way at a time.
    """
    evaluate = RayScores(probe, origin, plan, scores, scale, first=first)
    state = SearchState(origin, start, plan, progress)
    reason = _reason_to_walk(state, scores) if plan.strategy == "traced" else None
    check = Check("linear", state.rays, fallback=reason)
    if plan.strategy == "traced" and reason is None:
        check = _trace(evaluate, state, batch_size)
    if check.strategy == "linear":
        walk_linearly(
            evaluate.classes, state.origin_of, state.rest(), plan.steps, batch_size, state
        )
    place = None
    if plan.refine is not None:
        place = refine(evaluate.classes, state, plan.refine, batch_size)
    return Crossings(
        step=state.step,
        adjacent=state.adjacent,
        place=place,
        evaluations=evaluate.counts.evaluations,
        linear_evaluations=state.linear_evaluations(),
        near_ties=evaluate.counts.near_ties,
        check=check,
        batch_size=batch_size,
    )


def _reason_to_walk(state: SearchState, scores: ScoreKind) -> str | None:
    """Say why rays cannot be traced, or ``None`` where they can."""
    if scores == "labels":
        return "the model gives labels, which do not say how far they are from another"
    rays, samples = state.rays_to_walk, len(state.samples_to_walk)
    return reason_not_to(rays, samples, state.plan.steps, state.plan.tolerance)


def _trace(evaluate: RayScores, state: SearchState, batch_size: int) -> Check:
    """Calibrate and check the traced search; if that goes well, trace what is left to walk."""
    evaluate, start_gaps = _start_gaps(evaluate, state.samples_to_walk, batch_size)
    plan, random = state.plan, generator(state.plan.seed, Stream.CHECKING)

    def start_gap(ray: IntArray) -> FloatArray:
        return np.asarray(start_gaps[ray // plan.rays_per_sample])

    def draw(count: int) -> KnownRays:
        ray = state.draw(count, random)
        origin = state.origin_of(ray)
        return known_rays(ray, origin, start_gap(ray), evaluate, plan.steps, batch_size)

    trial = try_tracing(draw, state.rays_to_walk, len(state.samples_to_walk), plan.tolerance)
    for known in trial.walked:
        state.keep(known.ray, *known.answer)
    if trial.process is not None:
        process, skip_beyond, rest = trial.process, trial.skip_beyond, state.rest()
        trace(evaluate, state.origin_of, start_gap, rest, process, skip_beyond, batch_size, state)
    return trial.check


def _start_gaps(
    evaluate: RayScores, samples: IntArray, batch_size: int
) -> tuple[RayScores, FloatArray]:
    """Give the gap (S,) at each of some samples (n,), rounded to a quantum that suits them."""
    evaluate = evaluate.with_quantum(samples[:_QUANTUM_SAMPLES], batch_size)
    ray = samples * evaluate.plan.rays_per_sample
    gaps = np.zeros(len(evaluate.origin))
    for part in slices(len(samples), batch_size):
        gaps[samples[part]] = evaluate(ray[part], np.zeros_like(ray[part]))[1]
    return evaluate, gaps


def search_samples(
    classifier: Classifier,
    x: FloatArray,
    origin: IntArray,
    directions: FloatArray,
    plan: SearchPlan,
    pace: Pace,
    *,
    predicted: tuple[IntArray, float] | None = None,
    first: int = 0,
) -> Crossings:
    """Search from samples x (S, *shape) of reference classes (S,) along directions (K, *shape).

    ``predicted`` are the classes (S,) that the classifier gives the samples, and
    `score_scale`, where they are known already. The first sample is number ``first``.
    """
    spec = classifier.spec
    start, scale = predicted or classes_of(classifier.predict, x, pace.batch_size)
    probe = make_probe(classifier, x, directions, clip=plan.clip)
    batch_size = pace.rays or measured_batch_size(probe, len(x), plan, spec, pace.memory)
    return search(
        probe,
        origin,
        start,
        plan,
        scale=scale,
        batch_size=batch_size,
        scores=spec.scores,
        first=first,
        progress=pace.progress,
    )


def search_rays(
    classifier: Classifier,
    x: FloatArray,
    origin: IntArray,
    directions: FloatArray,
    plan: SearchPlan,
    pace: Pace,
    *,
    predicted: tuple[IntArray, float] | None = None,
    first: int = 0,
) -> tuple[Rays, Crossings]:
    """Search as `search_samples` does; give the rays, with realised distances, and the crossings.

    Raises OutputError where there is no room for so many rays.
    """
    crossings = search_samples(
        classifier, x, origin, directions, plan, pace, predicted=predicted, first=first
    )
    spec = classifier.spec
    return measure_realised(crossings, x, origin, directions, plan, spec, first), crossings


def measure_realised(
    crossings: Crossings,
    x: FloatArray,
    origin: IntArray,
    directions: FloatArray,
    plan: SearchPlan,
    spec: InputSpec,
    first: int = 0,
) -> Rays:
    """Measure what clipping left of the distances of crossings, found from x (S, *shape).

    They are the nominal ones where points are not clipped. ``origin`` (S,) is the
    reference class of each sample, of which the first is number ``first``; ``directions`` is
    (K, *shape).

    Raises OutputError where there is no room for so many rays.
    """
    step, adjacent, place = crossings.step, crossings.adjacent, crossings.place
    realised = empty_column(len(step), np.float32, np.inf)
    rays = Rays(step, adjacent, realised, origin, plan, first, place)
    for block in rays.blocks():
        block.realised[block.step == MISCLASSIFIED] = 0
        crossed = np.flatnonzero(block.step > 0)
        if not plan.clip:
            block.realised[crossed] = block.distance_at(crossed)
            continue
        for part in slices(len(crossed), batch_size_for(spec)):
            ray = crossed[part]
            sample, direction, sign = locate_rays(ray, plan, block.first)
            real = x[block.first - first + sample]
            reached = block.distance_at(ray) * sign
            points = points_on_rays(real, directions[direction], reached, spec.low, spec.high)
            block.realised[ray] = rms(points - real, spec.high - spec.low)
    return rays
