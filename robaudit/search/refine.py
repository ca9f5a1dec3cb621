"""Finding crossings between two steps, by bisection."""

import math
from collections.abc import Callable

import numpy as np

from robaudit.batches import slices
from robaudit.search.state import SearchState
from robaudit.storage.columns import empty_column, release
from robaudit.types import FloatArray, IntArray

_RAYS_AT_A_TIME = 2**18


def refine(
    classes: Callable[[IntArray, FloatArray], IntArray],
    state: SearchState,
    precision: float,
    batch_size: int,
) -> FloatArray:
    """Bisect the last step of every ray that crosses until it is at most ``precision`` long.

    ``classes`` gives the class at (ray (n,), place (n,) in steps). Gives the place of
    each ray's crossing, in steps: the nearest known to lie in another class, (R,); 0 for a
    sample misclassified to begin with, -1 for no crossing. The adjacent classes in the
    state become those at these places.
    """
    halvings = max(0, math.ceil(math.log2(state.plan.step / precision)))
    place = empty_column(state.rays, np.float32, 0)
    for block in slices(state.rays, _RAYS_AT_A_TIME):
        place[block] = state.step[block]
        crossed = block.start + np.flatnonzero(state.step[block] > 0)
        for part in slices(len(crossed), batch_size):
            ray = crossed[part]
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
        release(place, state.step, state.adjacent)
    return place
