"""Finding crossings between two steps, by bisection."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from robaudit.batches import slices
from robaudit.search.plan import SearchPlan
from robaudit.search.state import SearchState
from robaudit.storage.columns import release
from robaudit.types import FloatArray, IntArray

_RAYS_AT_A_TIME = 2**18


def halvings_for(plan: SearchPlan, precision: float) -> int:
    """Tell how often a step is to be halved until it is at most ``precision`` long."""
    return max(0, math.ceil(math.log2(plan.step / precision)))


def refine(
    classes: Callable[[IntArray, FloatArray], IntArray],
    state: SearchState,
    place: FloatArray,
    runs: Sequence[slice],
    precision: float,
    batch_size: int,
) -> None:
    """Bisect the last step of every ray that crosses until it is at most ``precision`` long.

    ``classes`` gives the class at (ray (n,), place (n,) in steps). Of all rays in ``runs``
    the crossing's place (R,) is written down, in steps: the nearest known to lie in another
    class; 0 for a sample misclassified to begin with, -1 for no crossing. The adjacent classes
    in the state become those at these places.
    """
    halvings = halvings_for(state.plan, precision)
    whole = [
        slice(run.start + part.start, run.start + part.stop)
        for run in runs
        for part in slices(run.stop - run.start, _RAYS_AT_A_TIME)
    ]
    waiting: IntArray = np.zeros(0, dtype=np.int64)
    for run in whole:
        place[run] = state.step[run]
        waiting = np.append(waiting, run.start + np.flatnonzero(state.step[run] > 0))
        full = len(waiting) // batch_size * batch_size if run != whole[-1] else len(waiting)
        for part in slices(full, batch_size):
            ray = waiting[part]
            high = place[ray].astype(np.float64)
            low = high - 1
            adjacent = state.adjacent[ray]
            for _ in range(halvings):
                middle = (low + high) / 2
                now = classes(ray, middle)
                beyond = now != state.origin_of(ray)
                high, low = np.where(beyond, middle, high), np.where(beyond, low, middle)
                adjacent = np.where(beyond, now, adjacent)
            place[ray], state.adjacent[ray] = high, adjacent
        waiting = waiting[full:]
        release(place, state.step, state.adjacent)
