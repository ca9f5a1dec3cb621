"""Walking along many rays at once: as soon as one ends, another takes its place.

So batches stay full to the end, and memory does not grow with the rays.
"""

from collections.abc import Callable, Iterator

import numpy as np

from robaudit.search.rays import NONE
from robaudit.types import BoolArray, IntArray

Found = Callable[[IntArray, IntArray, IntArray], None]
"""Told which rays (n,) have ended, at which step (n,), in which adjacent class (n,)."""

_CHUNK = 2**16


class RayQueue:
    """Hands out those of the first ``count`` rays that are wanted, in order.

    ``wanted`` marks some of the rays that it is given: (n,) -> (n,) of truth values.
    """

    def __init__(self, count: int, wanted: Callable[[IntArray], BoolArray]) -> None:
        self._chunks = self._some(count, wanted)
        self._left: IntArray = np.zeros(0, dtype=np.int64)

    @staticmethod
    def _some(count: int, wanted: Callable[[IntArray], BoolArray]) -> Iterator[IntArray]:
        for start in range(0, count, _CHUNK):
            chunk = np.arange(start, min(start + _CHUNK, count))
            yield chunk[wanted(chunk)]

    def take(self, count: int) -> IntArray:
        """Hand out the next ``count`` rays, or as many as there are."""
        taken: list[IntArray] = [self._left[:count]]
        self._left = self._left[count:]
        missing = count - len(taken[0])
        while missing and (chunk := next(self._chunks, None)) is not None:
            taken.append(chunk[:missing])
            self._left = chunk[missing:]
            missing -= len(taken[-1])
        return np.concatenate(taken)


def walk_linearly(
    classes: Callable[[IntArray, IntArray], IntArray],
    origin: Callable[[IntArray], IntArray],
    queue: RayQueue,
    steps: int,
    batch_size: int,
    take_down: Found,
) -> None:
    """Evaluate every step of every ray until its class changes.

    ``classes`` gives the class at (ray (n,), step (n,)), ``origin`` the reference
    class of rays (n,).
    """
    ray = queue.take(0)
    reached = np.zeros(0, dtype=np.int64)
    while True:
        fresh = queue.take(batch_size - len(ray))
        ray = np.append(ray, fresh)
        if not len(ray):
            return
        reached = np.append(reached, np.zeros(len(fresh), dtype=np.int64)) + 1
        now = classes(ray, reached)
        crossed = now != origin(ray)
        ended = crossed | (reached == steps)
        if ended.any():
            take_down(
                ray[ended],
                np.where(crossed, reached, NONE)[ended],
                np.where(crossed, now, NONE)[ended],
            )
            ray, reached = ray[~ended], reached[~ended]
