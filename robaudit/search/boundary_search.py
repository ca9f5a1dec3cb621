"""The boundary search: how far along each ray the predicted class stays.

From every sample, along every direction (both ways when the plan says so), the
search steps outwards until the class changes: Algorithm 1, step 3 of the paper. The
linear search evaluates every step, as He, Li and Song do (ICLR 2018); the traced one
leaves out those that cannot matter, and is checked against the linear one. A search
knows nothing of models: it is handed a probe.
"""

from dataclasses import dataclass

import numpy as np

from robaudit.batches import batch_size_for, slices
from robaudit.predicting import classes_of, make_probe
from robaudit.search.batch_size import measured_batch_size
from robaudit.search.plan import SearchPlan
from robaudit.search.ray_scores import RayScores
from robaudit.search.refine import refine
from robaudit.search.state import Book
from robaudit.search.traced.calibration import KnownRays, known_rays
from robaudit.search.traced.check import Check, reason_not_to, try_tracing
from robaudit.search.traced.trace import trace
from robaudit.search.walk import walk_linearly
from robaudit.stats.randomness import Stream, generator
from robaudit.types import Classifier, FloatArray, IntArray, Probe, Progress, ScoreKind, no_progress

_QUANTUM_SAMPLES = 64


@dataclass(frozen=True)
class Crossings:
    """What a search finds: step (R,) and adjacent class (R,), and what it cost.

    ``place`` (R,) is where crossings were found between steps, in steps, if the plan says so.
    ``evaluations`` counts the points that were evaluated, ``near_ties`` those among them
    whose class hung on rounding and was computed again, alone; ``linear_evaluations`` is
    what evaluating every step up to the crossings takes. ``check`` says how far the answer
    can be trusted.
    """

    step: IntArray
    adjacent: IntArray
    place: FloatArray | None
    evaluations: int
    linear_evaluations: int
    near_ties: int
    check: Check


def search(
    probe: Probe,
    origin: IntArray,
    start: IntArray,
    plan: SearchPlan,
    *,
    scale: float,
    batch_size: int,
    scores: ScoreKind = "logits",
    progress: Progress = no_progress,
) -> Crossings:
    """Search along every ray of a plan by the plan's strategy.

    ``origin`` (S,) is each sample's reference class, ``start`` (S,) the class
    predicted for it, ``scale`` how large its model's scores usually are. The answer
    does not depend on ``batch_size``, the number of rays under way at a time.
    """
    evaluate = RayScores(probe, origin, plan, scores, scale)
    book = Book(origin, start, plan, progress)
    reason = _reason_to_walk(book, scores) if plan.strategy == "traced" else None
    check = Check("linear", book.rays, fallback=reason)
    if plan.strategy == "traced" and reason is None:
        check = _trace(evaluate, book, batch_size)
    if check.strategy == "linear":
        walk_linearly(evaluate.classes, book.origin_of, book.rest(), plan.steps, batch_size, book)
    place = None
    if plan.refine is not None:
        place = refine(evaluate.classes, book, plan.refine, batch_size)
    return Crossings(
        step=book.step,
        adjacent=book.adjacent,
        place=place,
        evaluations=evaluate.counts.evaluations,
        linear_evaluations=book.linear_evaluations(),
        near_ties=evaluate.counts.near_ties,
        check=check,
    )


def _reason_to_walk(book: Book, scores: ScoreKind) -> str | None:
    """Say why rays cannot be traced, or ``None`` where they can."""
    if scores == "labels":
        return "the model gives labels, which do not say how far they are from another"
    return reason_not_to(book.rays_to_walk, book.plan.steps, book.plan.tolerance)


def _trace(evaluate: RayScores, book: Book, batch_size: int) -> Check:
    """Calibrate and check the traced search; if that goes well, trace what is left to walk."""
    evaluate, start_gaps = _start_gaps(evaluate, book.samples_to_walk, batch_size)
    plan, random = book.plan, generator(book.plan.seed, Stream.CHECKING)

    def start_gap(ray: IntArray) -> FloatArray:
        return np.asarray(start_gaps[ray // plan.rays_per_sample])

    def draw(count: int) -> KnownRays:
        ray = book.draw(count, random)
        origin = book.origin_of(ray)
        return known_rays(ray, origin, start_gap(ray), evaluate, plan.steps, batch_size)

    trial = try_tracing(draw, book.rays_to_walk, plan.tolerance)
    for known in trial.walked:
        book.keep(known.ray, *known.answer)
    if trial.process is not None:
        process, far, rest = trial.process, trial.far, book.rest()
        trace(evaluate, book.origin_of, start_gap, rest, process, far, batch_size, book)
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
    *,
    batch_size: int | None = None,
    progress: Progress = no_progress,
) -> Crossings:
    """Search from samples x (S, *shape) of reference classes (S,) along directions (K, *shape).

    Without a ``batch_size`` the fastest is looked for.
    """
    spec = classifier.spec
    start, scale = classes_of(classifier.predict, x, batch_size or batch_size_for(spec))
    probe = make_probe(classifier, x, directions, clip=plan.clip)
    if batch_size is None:
        batch_size = measured_batch_size(probe, len(x), plan, spec)
    return search(
        probe,
        origin,
        start,
        plan,
        scale=scale,
        batch_size=batch_size,
        scores=spec.scores,
        progress=progress,
    )
