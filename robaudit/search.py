"""The boundary search: how far along each ray the predicted class stays.

From every sample, along every direction (both ways when the plan says so), the
search steps outwards until the class changes: Algorithm 1, step 3 of the paper,
with the linear search of He, Li and Song (ICLR 2018). A strategy knows nothing
of models: it is handed a probe.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from robaudit.plan import SearchPlan
from robaudit.predicting import classes_of, decide
from robaudit.rays import MISCLASSIFIED, NONE, enumerate_rays, points_on_rays
from robaudit.types import (
    Bound,
    Classifier,
    FloatArray,
    IntArray,
    Predict,
    Probe,
    Prober,
    Progress,
    no_progress,
)


@dataclass(frozen=True)
class Crossings:
    """What a strategy finds: step (R,) and adjacent class (R,), and what it cost.

    ``evaluations`` counts forward passes of single points, ``near_ties`` those
    of them that were computed a second time, alone.
    """

    step: IntArray
    adjacent: IntArray
    evaluations: int
    near_ties: int


def make_probe(
    classifier: Classifier, x: FloatArray, directions: FloatArray, *, clip: bool
) -> Probe:
    """Bind samples (S, *shape) and directions (K, *shape) to a classifier's probe."""
    spec = classifier.spec
    low, high = (spec.low, spec.high) if clip else (-np.inf, np.inf)
    return (classifier.prober or direct_prober(classifier.predict))(x, directions, low, high)


def direct_prober(predict: Predict) -> Prober:
    """Make a prober that computes its points with NumPy and asks ``predict``."""

    def bind(x: FloatArray, directions: FloatArray, low: Bound, high: Bound) -> Probe:
        def probe(sample: IntArray, direction: IntArray, distance: FloatArray) -> FloatArray:
            points = points_on_rays(x[sample], directions[direction], distance, low, high)
            return predict(points)

        return probe

    return bind


def search(
    probe: Probe,
    origin: IntArray,
    start: IntArray,
    plan: SearchPlan,
    *,
    scale: float,
    batch_size: int,
    progress: Progress = no_progress,
) -> Crossings:
    """Search along every ray of a plan by the plan's strategy.

    ``origin`` (S,) is each sample's reference class, ``start`` (S,) the class
    predicted for it, ``scale`` how large its model's scores usually are.
    """
    strategy = STRATEGIES[plan.strategy]
    return strategy(
        probe, origin, start, plan, scale=scale, batch_size=batch_size, progress=progress
    )


def search_samples(
    classifier: Classifier,
    x: FloatArray,
    origin: IntArray,
    directions: FloatArray,
    plan: SearchPlan,
    *,
    batch_size: int,
    progress: Progress = no_progress,
) -> Crossings:
    """Search from samples x (S, *shape) of reference classes (S,) along directions (K, *shape)."""
    start, scale = classes_of(classifier.predict, x, batch_size)
    probe = make_probe(classifier, x, directions, clip=plan.clip)
    return search(probe, origin, start, plan, scale=scale, batch_size=batch_size, progress=progress)


def linear_search(
    probe: Probe,
    origin: IntArray,
    start: IntArray,
    plan: SearchPlan,
    *,
    scale: float,
    batch_size: int,
    progress: Progress = no_progress,
) -> Crossings:
    """Probe every step of every ray until its class changes.

    Up to ``batch_size`` rays are under way at a time; one that ends makes room
    for the next, so that batches stay full to the end and memory does not grow
    with the rays. The answer does not depend on the batch size.
    """
    ray_sample, ray_direction, ray_sign = enumerate_rays(len(origin), plan)
    step = np.full(len(ray_sample), NONE, dtype=np.int16)
    adjacent = np.full(len(ray_sample), NONE, dtype=np.int32)
    misclassified = (start != origin)[ray_sample]
    step[misclassified] = MISCLASSIFIED
    adjacent[misclassified] = start[ray_sample[misclassified]]
    waiting = np.flatnonzero(~misclassified)

    evaluations = near_ties = 0
    ray = waiting[:0]
    reached = np.zeros(0, dtype=np.int64)
    while len(ray) or len(waiting):
        room = batch_size - len(ray)
        ray, waiting = np.append(ray, waiting[:room]), waiting[room:]
        reached = np.append(reached, np.zeros(len(ray) - len(reached), dtype=np.int64)) + 1
        sample, direction = ray_sample[ray], ray_direction[ray]
        classes, ties = _probe_classes(
            probe, scale, sample, direction, ray_sign[ray] * reached * plan.step
        )
        evaluations += len(ray)
        near_ties += ties
        crossed = classes != origin[sample]
        step[ray[crossed]] = reached[crossed]
        adjacent[ray[crossed]] = classes[crossed]
        under_way = ~crossed & (reached < plan.steps)
        ray, reached = ray[under_way], reached[under_way]
        progress("search", len(step) - len(waiting) - len(ray), len(step))
    return Crossings(step, adjacent, evaluations, near_ties)


def _probe_classes(
    probe: Probe, scale: float, sample: IntArray, direction: IntArray, distance: FloatArray
) -> tuple[IntArray, int]:
    """Give the class at each point, and how many near ties were probed again."""
    return decide(
        probe(sample, direction, distance),
        scale,
        lambda row: probe(sample[row : row + 1], direction[row : row + 1], distance[row : row + 1]),
    )


STRATEGIES: dict[str, Callable[..., Crossings]] = {"linear": linear_search}
"""How to search, by the names that plans give."""
