"""The boundary attack: a random walk along the boundary by predicted classes alone, in L2."""

import numpy as np

from robaudit.attacks.batched.deciding import Deciding
from robaudit.attacks.batched.hop_skip_jump import starts
from robaudit.attacks.batched.norms import l2_length
from robaudit.attacks.chance import Chance
from robaudit.attacks.query_log import Tell, tell_nobody
from robaudit.types import Classifier, FloatArray, IntArray

_FIRST_SIDEWAYS, _FIRST_INWARD = 0.1, 0.1
"""How far a step leads, as shares of the distance to the sample."""
_FACTOR = 1.1
_INWARD_MISSES = 3
"""So many steps inward may fail for one that does not: a quarter of them succeed."""


def boundary_attack(
    classifier: Classifier,
    x: FloatArray,
    y: IntArray,
    chance: Chance,
    *,
    queries: int,
    tell: Tell = tell_nobody,
) -> FloatArray:
    """Look for near points x (n, D) of 0..1 of other classes than y (n,): like x.

    Brendel, Rauber and Bethge, Decision-Based Adversarial Attacks (ICLR 2018), Algorithm 1: from
    a point of another class a random step along the sphere around the sample, then one towards
    it; each is kept where the point stays in the other class. Steps along the sphere are made
    longer or shorter so that half of them succeed, those inward so that a quarter do. Each
    sample is given ``queries`` predictions at most. Where no start is found, x itself.
    """
    deciding = Deciding(classifier, x, y, norm="l2", queries=queries)
    randoms = chance.of_each()
    point, rows = starts(deciding, randoms)
    point[rows] = deciding.drawn_in(point[rows], rows)
    sideways, inward = np.full(len(x), _FIRST_SIDEWAYS), np.full(len(x), _FIRST_INWARD)
    while len(rows := rows[deciding.to_spend(rows) > 1]):
        noise = [randoms[row].standard_normal(x.shape[1], dtype=np.float32) for row in rows]
        beside = _beside(x[rows], point[rows], np.stack(noise), sideways[rows])
        still = deciding.left(beside, rows)
        sideways[rows] *= np.where(still, _FACTOR, 1 / _FACTOR)
        rows_beside, beside = rows[still], beside[still]
        nearer = beside + inward[rows_beside, None].astype(x.dtype) * (x[rows_beside] - beside)
        kept = deciding.left(nearer, rows_beside)
        inward[rows_beside] *= np.where(kept, _FACTOR, _FACTOR ** (-1 / _INWARD_MISSES))
        inward = np.minimum(inward, _FIRST_INWARD)
        point[rows_beside] = np.where(kept[:, None], nearer, beside)
        deciding.meet(nearer[kept] - x[rows_beside[kept]], rows_beside[kept])
    found = np.flatnonzero(deciding.nearest.found & (deciding.to_spend(np.arange(len(x))) >= 0))
    deciding.drawn_in(point[found], found)
    tell(deciding.log.distance)
    return np.asarray(x + deciding.nearest.change)


def _beside(x: FloatArray, point: FloatArray, noise: FloatArray, share: FloatArray) -> FloatArray:
    """Step from points (m, D) along noise, by a share of the distance to x, and back to it."""
    distance = l2_length(point - x)
    step = share * distance / l2_length(noise)
    away = point - x + step[:, None].astype(x.dtype) * noise
    back = distance / np.maximum(l2_length(away), 1e-12)
    return np.clip(x + back[:, None].astype(x.dtype) * away, 0, 1)
