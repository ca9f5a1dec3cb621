"""APGD: steps within L-inf whose size follows from how the ascent goes, on any loss."""

from collections.abc import Callable, Iterator

import numpy as np

from robaudit.attacks.batched.asking import Asked, leads_of
from robaudit.attacks.chance import Chance
from robaudit.types import FloatArray, IntArray

Loss = Callable[[FloatArray, IntArray], tuple[FloatArray, FloatArray]]
"""Of scores (n, classes) of samples (n,), by their places: (n,), and its slopes: (n, classes)."""

_MOMENTUM = 0.75
_RISES = 0.75
"""The share of steps between two checkpoints that should bring a loss up."""


def apgd(
    asked: Asked,
    x: FloatArray,
    y: IntArray,
    loss: Loss,
    start: FloatArray,
    *,
    epsilon: float,
    steps: int,
) -> FloatArray:
    """Climb a loss within ``epsilon`` of x (n, D) of 0..1, from ``start``: like x.

    Croce and Hein, Reliable Evaluation (ICML 2020), Algorithm 1: steps along the sign of the
    gradient, with momentum, of 2 epsilon at first; at checkpoints that come ever sooner the step
    is halved, and the best point gone back to, where the loss rose too rarely or nothing better
    was found. A sample that has left its class y (n,) is done; of the others, x itself.
    """
    found, rows = x.copy(), np.arange(len(x))
    low, high = np.maximum(x - epsilon, 0), np.minimum(x + epsilon, 1)
    point = previous = np.clip(start, low, high)
    size = np.full((len(x), 1), 2 * epsilon, dtype=x.dtype)
    value, slope, left = _climbed(asked, point, y, loss, rows)
    found[left] = point[left]
    best, best_value, best_slope = point, value, slope
    last_best, halved, rises = value, np.zeros(len(x), dtype=bool), np.zeros(len(x), dtype=int)
    ends, begun = set(checkpoints(steps)), 0
    for step in range(1, steps + 1):
        kept = ~left
        rows, y, low, high, point, previous, size = (
            each[kept] for each in (rows, y, low, high, point, previous, size)
        )
        value, slope, best, best_value, best_slope, last_best, halved, rises = (
            each[kept]
            for each in (value, slope, best, best_value, best_slope, last_best, halved, rises)
        )
        if not len(rows):
            break
        share = 1.0 if step == 1 else _MOMENTUM
        straight = np.clip(point + size * np.sign(slope), low, high)
        ahead = point + share * (straight - point) + (1 - share) * (point - previous)
        previous, point = point, np.clip(ahead, low, high)
        before = value
        value, slope, left = _climbed(asked, point, y, loss, rows)
        found[rows[left]] = point[left]
        rises = rises + (value > before)
        better = value > best_value
        best_value = np.maximum(value, best_value)
        best = np.where(better[:, None], point, best)
        best_slope = np.where(better[:, None], slope, best_slope)
        if step in ends:
            stuck = rises < _RISES * (step - begun)
            halved = stuck | (~halved & (best_value <= last_best))
            size = np.where(halved[:, None], size / 2, size)
            point = np.where(halved[:, None], best, point)
            slope = np.where(halved[:, None], best_slope, slope)
            value = np.where(halved, best_value, value)
            last_best, rises, begun = best_value, np.zeros(len(rows), dtype=int), step
    return found


def _climbed(
    asked: Asked, point: FloatArray, y: IntArray, loss: Loss, rows: IntArray
) -> tuple[FloatArray, FloatArray, np.ndarray]:
    """Ask for the loss, its gradient, and which samples have left their class."""
    scores, pull = asked.with_pull(point)
    value, cotangent = loss(scores, rows)
    return np.nan_to_num(value, nan=-np.inf), pull(cotangent), leads_of(scores, y).left


def checkpoints(steps: int) -> Iterator[int]:
    """List the steps after which an ascent is looked at: ever sooner one after the other.

    >>> list(checkpoints(100))
    [22, 41, 57, 70, 80, 87, 93, 99]
    """
    interval, at = max(int(0.22 * steps), 1), 0
    while at + interval <= steps:
        at += interval
        yield at
        interval = max(interval - max(int(0.03 * steps), 1), int(0.06 * steps), 1)


def random_start(x: FloatArray, epsilon: float, chance: Chance) -> FloatArray:
    """Draw points at distance ``epsilon`` of x (n, D) in L-inf: like x."""
    drawn = chance.uniform(1.0, x.shape[1:])
    largest = np.abs(drawn).max(axis=1, keepdims=True)
    return np.asarray(x + epsilon * drawn / largest, dtype=x.dtype)
