"""The book of a search: which rays there are to walk, and what was found of each."""

import numpy as np

from robaudit.columns import empty_column, release
from robaudit.plan import SearchPlan
from robaudit.predicting import slices
from robaudit.rays import MISCLASSIFIED, NONE
from robaudit.searching.walking import RayQueue
from robaudit.types import BoolArray, IntArray, Progress

_AT_A_TIME = 2**20
_SCATTERED = 2**10


class Book:
    """Takes down step and adjacent class (R,) of every ray; see `robaudit.rays.Rays`.

    ``origin`` and ``start`` (S,) are the reference and the predicted class of each
    sample. Rays of samples that are misclassified to begin with are never walked.
    """

    def __init__(
        self, origin: IntArray, start: IntArray, plan: SearchPlan, progress: Progress
    ) -> None:
        per_sample = plan.rays_per_sample
        self.plan, self._origin, self._progress = plan, origin, progress
        self._is_walked = start == origin
        self.samples_to_walk = np.flatnonzero(self._is_walked)
        self.rays = len(origin) * per_sample
        self.rays_to_walk = len(self.samples_to_walk) * per_sample
        self.step = empty_column(self.rays, np.int16, NONE)
        self.adjacent = empty_column(self.rays, np.int32, NONE)
        for sample in np.flatnonzero(~self._is_walked):
            its = slice(sample * per_sample, (sample + 1) * per_sample)
            self.step[its], self.adjacent[its] = MISCLASSIFIED, start[sample]
        self._done = self.rays - self.rays_to_walk
        self._known = np.zeros(0, dtype=np.int64)

    def __call__(self, ray: IntArray, step: IntArray, adjacent: IntArray) -> None:
        """Take down steps and adjacent classes of rays, each (n,)."""
        self.step[ray], self.adjacent[ray] = step, adjacent
        self._done += len(ray)
        self._progress("search", self._done, self.rays)

    def scattered(self, ray: IntArray, step: IntArray, adjacent: IntArray) -> None:
        """Take down rays from all over, few at a time: each takes pages of memory of its own."""
        for part in slices(len(ray), _SCATTERED):
            self(ray[part], step[part], adjacent[part])
            release(self.step, self.adjacent)

    def origin_of(self, ray: IntArray) -> IntArray:
        """Give the reference class of rays (n,)."""
        return self._origin[ray // self.plan.rays_per_sample]

    def draw(self, count: int, random: np.random.Generator) -> IntArray:
        """Draw rays to walk at random, none a second time; they are not among the `rest`."""
        new = np.zeros(0, dtype=np.int64)
        while len(new) < count:
            missing = count - len(new)
            more = random.choice(
                self.rays_to_walk, min(self.rays_to_walk, 2 * missing), replace=False
            )
            place, rest = np.divmod(more, self.plan.rays_per_sample)
            ray = self.samples_to_walk[place] * self.plan.rays_per_sample + rest
            fresh = ray[~np.isin(ray, self._known) & ~np.isin(ray, new)]
            new = np.append(new, fresh[:missing])
        self._known = np.union1d(self._known, new)
        return np.sort(new)

    def rest(self) -> RayQueue:
        """Queue up the rays to walk but those that were drawn."""
        return RayQueue(self.rays, self._is_wanted)

    def _is_wanted(self, ray: IntArray) -> BoolArray:
        """Tell which of consecutive rays (n,) are to be walked and were not drawn."""
        wanted = np.asarray(self._is_walked[ray // self.plan.rays_per_sample])
        first, last = np.searchsorted(self._known, (ray[0], ray[-1] + 1))
        wanted[self._known[first:last] - ray[0]] = False
        release(self.step, self.adjacent)  # what was written of the runs before
        return wanted

    def linear_evaluations(self) -> int:
        """Count what evaluating every step of every ray up to its crossing takes."""
        total = 0
        for part in slices(self.rays, _AT_A_TIME):
            step = self.step[part]
            total += int(np.where(step == NONE, self.plan.steps, step).sum())
            release(self.step)
        return total
