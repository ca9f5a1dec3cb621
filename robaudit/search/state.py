"""The state of a search: which rays there are to walk, and what was found of each."""

from collections.abc import Callable

import numpy as np

from robaudit.batches import slices
from robaudit.search.plan import SearchPlan
from robaudit.search.rays import MISCLASSIFIED, NONE
from robaudit.search.walk import RayQueue
from robaudit.storage.columns import empty_column, release
from robaudit.types import BoolArray, IntArray, Progress

_AT_A_TIME = 2**20


def _heed_nothing(_number: int) -> None:
    """Be told that a block has ended."""


class SearchState:
    """Takes down step and adjacent class (R,) of every ray; see `robaudit.search.rays.Rays`.

    ``origin`` and ``start`` (S,) are the reference and the predicted class of each
    sample. Rays of samples that are misclassified to begin with are never walked. ``blocks``
    are runs of ``samples_in_block`` samples: ``when_ended`` is told the number of each once
    something was found of all of its rays.
    """

    def __init__(
        self,
        origin: IntArray,
        start: IntArray,
        plan: SearchPlan,
        progress: Progress,
        samples_in_block: int,
    ) -> None:
        per_sample = plan.rays_per_sample
        self.plan, self._progress = plan, progress
        self.origin, self.start = origin, start
        self.blocks = list(slices(len(origin), samples_in_block))
        self.when_ended: Callable[[int], None] = _heed_nothing
        self._rays_in_block = samples_in_block * per_sample
        self._left = np.array([per_sample * (part.stop - part.start) for part in self.blocks])
        self._is_walked = start == origin
        self.samples_to_walk = np.flatnonzero(self._is_walked)
        self.rays = len(origin) * per_sample
        self.rays_to_walk = len(self.samples_to_walk) * per_sample
        self.step = empty_column(self.rays, np.int16, NONE)
        self.adjacent = empty_column(self.rays, np.int32, NONE)
        self._done = self.rays - self.rays_to_walk
        self._drawn = np.zeros(0, dtype=np.int64)
        self._kept: IntArray = np.zeros((3, 0), dtype=np.int64)

    def __call__(self, ray: IntArray, step: IntArray, adjacent: IntArray) -> None:
        """Take down steps and adjacent classes of rays, each (n,)."""
        self.step[ray], self.adjacent[ray] = step, adjacent
        self._done += len(ray)
        self._progress("search", self._done, self.rays)
        self._end(ray)

    def _end(self, ray: IntArray) -> None:
        """Count rays (n,) that have ended; tell of each block that has."""
        number = ray // self._rays_in_block
        np.subtract.at(self._left, number, 1)
        for each in np.unique(number[self._left[number] == 0]).tolist():
            self.when_ended(each)

    def rays_of(self, number: int) -> slice:
        """Give the rays of a block."""
        part, per_sample = self.blocks[number], self.plan.rays_per_sample
        return slice(part.start * per_sample, part.stop * per_sample)

    def fill(self, number: int, step: IntArray, adjacent: IntArray) -> None:
        """Take down what is known of a block whose rays (n,) need not be walked any more."""
        rays = self.rays_of(number)
        self.step[rays], self.adjacent[rays] = step, adjacent
        self.pass_over(number)
        release(self.step, self.adjacent)

    def pass_over(self, number: int) -> None:
        """Walk no ray of a block."""
        self._left[number] = 0
        self._done += int(self._is_walked[self.blocks[number]].sum()) * self.plan.rays_per_sample

    def keep(self, ray: IntArray, step: IntArray, adjacent: IntArray) -> None:
        """Keep what was found of rays that were drawn until the `rest` comes to them.

        They lie all over the columns: written at once, each would take memory of its own.
        """
        kept = np.append(self._kept, np.stack((ray, step, adjacent)), axis=1)
        self._kept = kept[:, kept[0].argsort()]

    def origin_of(self, ray: IntArray) -> IntArray:
        """Give the reference class of rays (n,)."""
        return self.origin[ray // self.plan.rays_per_sample]

    def draw(self, count: int, random: np.random.Generator) -> IntArray:
        """Draw rays to walk at random, none a second time; what is found of them is to be kept."""
        new = np.zeros(0, dtype=np.int64)
        while len(new) < count:
            missing = count - len(new)
            more = random.choice(
                self.rays_to_walk, min(self.rays_to_walk, 2 * missing), replace=False
            )
            place, rest = np.divmod(more, self.plan.rays_per_sample)
            ray = self.samples_to_walk[place] * self.plan.rays_per_sample + rest
            fresh = ray[~np.isin(ray, self._drawn) & ~np.isin(ray, new)]
            new = np.append(new, fresh[:missing])
        self._drawn = np.union1d(self._drawn, new)
        return np.sort(new)

    def rest(self) -> RayQueue:
        """Queue up the rays to walk but those of which is kept what was found."""
        return RayQueue(self.rays, self._come_to)

    def _come_to(self, ray: IntArray) -> BoolArray:
        """Take down what is known of consecutive rays (n,); tell which of them are to be walked."""
        release(self.step, self.adjacent)  # what was written of the runs before
        left = self._left[ray // self._rays_in_block] > 0
        is_walked = np.asarray(self._is_walked[ray // self.plan.rays_per_sample])
        wanted, lost = left & is_walked, ray[left & ~is_walked]
        self.step[lost] = MISCLASSIFIED
        self.adjacent[lost] = self.start[lost // self.plan.rays_per_sample]
        self._end(lost)
        first, last = np.searchsorted(self._kept[0], (ray[0], ray[-1] + 1))
        kept = self._kept[:, first:last]
        kept = kept[:, left[kept[0] - ray[0]]]
        wanted[kept[0] - ray[0]] = False
        self(*kept)
        return np.asarray(wanted)

    def linear_evaluations(self, rays: int) -> int:
        """Count what evaluating every step of so many rays up to their crossings takes."""
        total = 0
        for part in slices(rays, _AT_A_TIME):
            step = self.step[part]
            total += int(np.where(step == NONE, self.plan.steps, step).sum())
            release(self.step)
        return total
