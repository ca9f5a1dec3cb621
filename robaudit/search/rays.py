"""Rays: what a search found along each of them, and the points that lie on them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from robaudit.batches import slices
from robaudit.search.plan import SearchPlan
from robaudit.storage.columns import release
from robaudit.types import FloatArray, IntArray

MISCLASSIFIED = 0
"""The step of a ray whose sample is not in its reference class to begin with."""

NONE = -1
"""The step of a ray that crosses nothing within reach; also its adjacent class."""

_RAYS_AT_A_TIME = 2**18


@dataclass(frozen=True)
class Rays:
    """What the search found, one entry a ray, ordered by sample, direction, sign.

    ``step`` (R,) is that of the first probe in another class, 0 for a sample
    misclassified to begin with, -1 for no crossing; ``adjacent`` (R,) is the class
    there, -1 for none; ``realised`` (R,) is the RMS of what clipping left of the
    distance, infinite where nothing was crossed. ``sample_origin`` (S,) is the
    reference class of each sample, and the first of them is number ``first``. ``place``
    (R,) is where crossings were found between steps, in steps, if they were looked for.

    All else follows from the plan and the number of a ray: the other columns are made
    anew whenever they are asked for, which is meant for blocks and for few rays.
    """

    step: IntArray
    adjacent: IntArray
    realised: FloatArray
    sample_origin: IntArray
    plan: SearchPlan
    first: int = 0
    place: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.step)

    @property
    def sample(self) -> IntArray:
        """Row of the samples searched: (R,)."""
        numbers = np.arange(self.first, self.first + len(self.sample_origin), dtype=np.int32)
        return np.repeat(numbers, self.plan.rays_per_sample)

    @property
    def direction(self) -> IntArray:
        """Row of the directions: (R,)."""
        sample = np.arange(self.first, self.first + len(self.sample_origin))[:, np.newaxis]
        taken = directions_of(sample, np.arange(self.plan.directions_of_each), self.plan)
        return np.repeat(taken.ravel(), self.plan.signs)

    @property
    def sign(self) -> IntArray:
        """Which way along the direction, 1 or -1: (R,)."""
        of_one = np.array([1, -1][: self.plan.signs], dtype=np.int8)
        return np.tile(of_one, self.plan.directions_of_each * len(self.sample_origin))

    @property
    def origin(self) -> IntArray:
        """Reference class: (R,)."""
        return np.repeat(self.sample_origin.astype(np.int32), self.plan.rays_per_sample)

    @property
    def distance(self) -> FloatArray:
        """Nominal distance of the crossing in RMS units, infinite for none: (R,)."""
        return self.distance_at(slice(None))

    def distance_at(self, ray: IntArray | slice) -> FloatArray:
        """Give the distances of some of these rays, by their places among these."""
        return distance_of((self.step if self.place is None else self.place)[ray], self.plan)

    def of_samples(self, start: int, stop: int) -> "Rays":
        """Take the rays of the samples from one place to another of these."""
        count = self.plan.rays_per_sample
        part = slice(start * count, stop * count)
        return replace(
            self,
            step=self.step[part],
            adjacent=self.adjacent[part],
            realised=self.realised[part],
            sample_origin=self.sample_origin[start:stop],
            first=self.first + start,
            place=None if self.place is None else self.place[part],
        )

    def blocks(self, most_samples: int | None = None) -> Iterator["Rays"]:
        """Cut them into runs of whole samples, small enough for their columns to fit in memory."""
        samples = max(1, _RAYS_AT_A_TIME // self.plan.rays_per_sample)
        for part in slices(len(self.sample_origin), min(samples, most_samples or samples)):
            yield self.of_samples(part.start, part.stop)
            columns = (self.step, self.adjacent, self.realised, self.place)
            release(*(column for column in columns if column is not None))


def distance_of(place: IntArray | FloatArray, plan: SearchPlan) -> FloatArray:
    """Nominal distance at steps, or between them, (n,), infinite for none: (n,) RMS units."""
    return np.where(place == NONE, np.inf, place * plan.step)


def directions_of(sample: IntArray, place: IntArray, plan: SearchPlan) -> IntArray:
    """Give the rows of directions that samples take at places among their own, both (n,).

    Samples take them in turn, by their numbers and nothing else: so any run of samples takes
    each as often as any other, but for one, and along the same ones whatever else is searched.
    """
    return ((sample * plan.directions_of_each + place) % plan.directions).astype(np.int32)


def locate_rays(
    ray: IntArray, plan: SearchPlan, first: int = 0
) -> tuple[IntArray, IntArray, IntArray]:
    """Give sample, direction and sign of rays by their numbers (n,): three (n,).

    Samples and rays are counted from the sample of number ``first`` on.
    """
    sample, way = np.divmod(ray, plan.rays_per_sample)
    place, backwards = np.divmod(way, plan.signs)
    return sample, directions_of(first + sample, place, plan), (1 - 2 * backwards).astype(np.int8)
