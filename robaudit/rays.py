"""Rays: what a search found along each of them, and the points that lie on them."""

from dataclasses import dataclass

import numpy as np

from robaudit.directions import rms
from robaudit.plan import SearchPlan
from robaudit.predicting import slices
from robaudit.types import Bound, FloatArray, InputSpec, IntArray

MISCLASSIFIED = 0
"""The step of a ray whose sample is not in its reference class to begin with."""

NONE = -1
"""The step of a ray that crosses nothing within reach; also its adjacent class."""


@dataclass(frozen=True)
class Rays:
    """What the search found, one entry a ray, ordered by sample, direction, sign.

    All arrays are (R,). ``sample`` and ``direction`` are rows of the banks
    searched; ``step`` is that of the first probe in another class, 0 for a
    sample misclassified to begin with, -1 for no crossing. ``distance`` is step
    times plan.step and ``realised`` the RMS of what clipping left of it; both
    are infinite where nothing was crossed. ``origin`` is the reference class,
    ``adjacent`` the class at the crossing, -1 for none.
    """

    sample: IntArray
    direction: IntArray
    sign: IntArray
    step: IntArray
    distance: FloatArray
    realised: FloatArray
    origin: IntArray
    adjacent: IntArray

    def __len__(self) -> int:
        return len(self.step)


def trace_rays(
    step: IntArray,
    adjacent: IntArray,
    x: FloatArray,
    origin: IntArray,
    directions: FloatArray,
    plan: SearchPlan,
    spec: InputSpec,
    batch_size: int,
) -> Rays:
    """Work out distances of the crossings that a search found from samples ``x`` (S, *shape).

    ``step`` and ``adjacent`` (R,) are those of `Rays`, in its order.
    """
    low, high = (spec.low, spec.high) if plan.clip else (-np.inf, np.inf)
    sample, direction, sign = enumerate_rays(len(x), plan)
    distance = np.where(step == NONE, np.inf, step * plan.step)
    realised = distance.copy()
    crossed = np.flatnonzero(step > 0)
    for part in slices(len(crossed), batch_size):
        ray = crossed[part]
        real = x[sample[ray]]
        reached: FloatArray = distance[ray] * sign[ray]
        points = points_on_rays(real, directions[direction[ray]], reached, low, high)
        realised[ray] = rms(points - real, spec.high - spec.low)
    return Rays(
        sample=sample,
        direction=direction,
        sign=sign,
        step=step,
        distance=distance,
        realised=realised,
        origin=np.repeat(origin, plan.rays_per_sample).astype(np.int32),
        adjacent=adjacent,
    )


def enumerate_rays(samples: int, plan: SearchPlan) -> tuple[IntArray, IntArray, IntArray]:
    """List sample, direction and sign of every ray, each (R,), in the order of `Rays`."""
    shape = (samples, plan.directions, plan.signs)
    sample, direction, backwards = np.indices(shape, dtype=np.int32).reshape(3, -1)
    return sample, direction, (1 - 2 * backwards).astype(np.int8)


def points_on_rays(
    samples: FloatArray, directions: FloatArray, distances: FloatArray, low: Bound, high: Bound
) -> FloatArray:
    """Compute ``clip(sample + distance * direction, low, high)``, row by row.

    ``samples`` and ``directions`` are (n, *shape) float32, signed ``distances`` (n,).
    """
    points = directions * distances.astype(np.float32).reshape(-1, *[1] * (samples.ndim - 1))
    points += samples
    return np.clip(points, low, high, out=points)
