"""The boundary search: how far along each ray the predicted class stays.

From every sample, along every direction (both ways when the plan says so), the
search steps outwards until the class changes: Algorithm 1, step 3 of the paper. The
linear search evaluates every step, as He, Li and Song do (ICLR 2018); the traced one
leaves out those that cannot matter, and is checked against the linear one. A search
knows nothing of models: it is handed a probe.
"""

import platform
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from robaudit.batches import Pace, ShareDone, Stopped, batch_size_for, slices
from robaudit.predicting import classes_of, make_probe, points_on_rays
from robaudit.search.batch_size import measured_batch_size
from robaudit.search.calibrated import Calibrated, calibrate_search
from robaudit.search.cut import Cut, cut_for
from robaudit.search.directions import rms
from robaudit.search.plan import SearchPlan
from robaudit.search.ray_blocks import RayBlocks
from robaudit.search.ray_scores import RayScores
from robaudit.search.rays import MISCLASSIFIED, Rays, locate_rays
from robaudit.search.state import SearchState
from robaudit.search.traced.check import Check, reason_not_to
from robaudit.search.traced.trace import trace
from robaudit.search.walk import walk_linearly
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

Column = TypeVar("Column", IntArray, FloatArray)


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
    cut: Cut | None = None,
) -> Crossings:
    """Search along every ray of a plan by the plan's strategy.

    ``origin`` (S,) is each sample's reference class, ``start`` (S,) the class
    predicted for it, ``scale`` how large its model's scores usually are. The first sample
    is number ``first`` of those that the directions are shared out to. The answer does not
    depend on ``batch_size``, the number of rays under way at a time, nor on how the work is
    ``cut``: what is kept is not done again. A search that is stopped gives what it found of the
    first samples, whose rays have all ended. Raises Stopped where there are none, and ShareDone
    for one share of a run, once it has done its own blocks.
    """
    cut = cut or Cut(max(1, len(origin)))
    evaluate = RayScores(probe, origin, plan, scores, scale, first=first)
    state = SearchState(origin, start, plan, progress, cut.samples)
    begun = Calibrated(Check("linear", state.rays))
    if plan.strategy == "traced":
        reason = _reason_to_walk(state, scores)
        begun = Calibrated(Check("linear", state.rays, fallback=reason))
        if reason is None:
            begun = calibrate_search(evaluate, state, cut, batch_size)
    state.keep(*begun.known)
    evaluate = replace(evaluate, quantum=begun.quantum)
    blocks = RayBlocks(cut, state, evaluate, batch_size, begun)
    try:
        _walk(blocks.evaluate, state, begun, batch_size)
        blocks.settle()
    except Stopped:
        if blocks.passed_over or not blocks.samples:
            raise
    if blocks.passed_over:
        raise ShareDone
    return _crossings(state, blocks, begun, batch_size)


def _reason_to_walk(state: SearchState, scores: ScoreKind) -> str | None:
    """Say why rays cannot be traced, or ``None`` where they can."""
    if scores == "labels":
        return "the model gives labels, which do not say how far they are from another"
    rays, samples = state.rays_to_walk, len(state.samples_to_walk)
    return reason_not_to(rays, samples, state.plan.steps, state.plan.tolerance)


def _walk(evaluate: RayScores, state: SearchState, begun: Calibrated, batch_size: int) -> None:
    """Trace what is left to walk, or evaluate each step of it."""
    origin, rest, gaps = state.origin_of, state.rest(), begun.start_gaps
    if begun.process is None:
        walk_linearly(evaluate.classes, origin, rest, state.plan.steps, batch_size, state)
        return

    def start_gap(ray: IntArray) -> FloatArray:
        return np.asarray(gaps[ray // state.plan.rays_per_sample])

    process, skip_beyond = begun.process, begun.skip_beyond
    trace(evaluate, origin, start_gap, rest, process, skip_beyond, batch_size, state)


def _crossings(
    state: SearchState, blocks: RayBlocks, begun: Calibrated, batch_size: int
) -> Crossings:
    """Give what was found of all samples, or of the first ones where the search was stopped."""
    rays = blocks.samples * state.plan.rays_per_sample
    evaluations, near_ties = blocks.counts
    check = begun.check
    if rays < state.rays:
        # All rays that may be told otherwise may be among those that there are.
        bound = min(1.0, check.upper_bound * state.rays / rays)
        check = replace(check, upper_bound=bound)
        if check.strategy == "linear":
            check = replace(check, audited=rays)
    return Crossings(
        step=_first(state.step, rays),
        adjacent=_first(state.adjacent, rays),
        place=None if blocks.place is None else _first(blocks.place, rays),
        evaluations=begun.evaluations + evaluations,
        linear_evaluations=state.linear_evaluations(rays),
        near_ties=begun.near_ties + near_ties,
        check=check,
        batch_size=batch_size,
    )


def _first(column: Column, count: int) -> Column:
    """Give the first numbers of a column: itself where that is all, whose memory can be let go."""
    return column if count == len(column) else column[:count]


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
    cut = cut_for(x, directions, plan, spec, pace.blocks)
    batch_size = pace.rays or cut.blocks.done(
        "batch-size",
        int,
        lambda: measured_batch_size(probe, len(x), plan, spec, pace.memory),
        machine=platform.node(),
        memory=pace.memory,
        samples=len(x),
    )
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
        cut=cut,
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

    They are fewer where the search was stopped (`search`). Raises OutputError where there is no
    room for so many rays.
    """
    crossings = search_samples(
        classifier, x, origin, directions, plan, pace, predicted=predicted, first=first
    )
    spec, found = classifier.spec, len(crossings.step) // plan.rays_per_sample
    if found < len(x):
        x, origin, plan = x[:found], origin[:found], replace(plan, samples=found)
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
