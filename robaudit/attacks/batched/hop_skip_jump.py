"""HopSkipJump: the nearest example by predicted classes alone, in L2 or L-inf."""

import math

import numpy as np

from robaudit.attacks.batched.deciding import Deciding
from robaudit.attacks.batched.norms import l2_length
from robaudit.attacks.chance import Chance
from robaudit.attacks.query_log import Tell, tell_nobody
from robaudit.batches import slices
from robaudit.types import Classifier, FloatArray, IntArray

_STARTS = 100
_FIRST_DRAWS = 100
_FIRST_SPREAD, _SPREAD = 0.1, 0.05
"""How far from a point on the boundary others are drawn: at first, then a share of its distance."""
_JUMPS = 5
"""Queries that are kept for a step when the last points are drawn."""
_NUMBERS_AT_ONCE = 2**22
_SMALLEST = 1e-12

Randoms = list[np.random.Generator]


def hop_skip_jump(
    classifier: Classifier,
    x: FloatArray,
    y: IntArray,
    chance: Chance,
    *,
    norm: str,
    queries: int,
    tell: Tell = tell_nobody,
) -> FloatArray:
    """Look for the nearest points x (n, D) of 0..1 of other classes than y (n,): like x.

    Chen, Jordan and Wainwright, HopSkipJumpAttack (IEEE S&P 2020), Algorithm 2: from a point of
    another class to the boundary by bisection; there the slope is estimated from the classes of
    100 sqrt(t) points around it (their equation 16); a step along it, of d / sqrt(t) at distance
    d, is halved until it stays in the other class. Each sample is given ``queries`` predictions
    at most, all of them counted. Points around are drawn within a twentieth of the Euclidean
    distance, in both norms, where the paper takes shares that fall with the dimension: those
    are below what rounded inputs tell apart. Where no start is found, x itself.
    """
    deciding = Deciding(classifier, x, y, norm=norm, queries=queries)
    randoms = chance.of_each()
    point, rows = starts(deciding, randoms)
    step = 0
    while len(rows):
        step += 1
        point[rows] = deciding.drawn_in(point[rows], rows)
        rows = rows[deciding.to_spend(rows) > _FIRST_DRAWS // 2]
        draws = np.minimum(int(_FIRST_DRAWS * math.sqrt(step)), deciding.to_spend(rows) - _JUMPS)
        away = point[rows] - x[rows]
        spread = np.full(len(rows), _FIRST_SPREAD) if step == 1 else _SPREAD * l2_length(away)
        slope = _slopes(deciding, point, rows, draws, spread, randoms, normal=norm == "l2")
        length = np.maximum(l2_length(slope), _SMALLEST)[:, None]
        way = slope / length if norm == "l2" else np.sign(slope)
        size = deciding.geometry.length(away) / math.sqrt(step)
        point[rows] = _jumped(deciding, point[rows], rows, way.astype(x.dtype), size)
    tell(deciding.log.distance)
    return np.asarray(x + deciding.nearest.change)


def starts(deciding: Deciding, randoms: Randoms) -> tuple[FloatArray, IntArray]:
    """Draw points until they are of another class: (n, D), and which samples have one (m,).

    In turn they are uniform over 0..1, over a part of it, and of 0 and 1 alone: a network that
    takes all noise for one class takes greys, or what is starker, for another.
    """
    point, sought = deciding.x.copy(), np.arange(len(deciding.x))
    found = np.zeros(len(sought), dtype=bool)
    for number in range(_STARTS):
        sought = sought[~found[sought] & (deciding.to_spend(sought) > 0)]
        if not len(sought):
            break
        drawn = np.stack([_noise(randoms[row], point.shape[1], number) for row in sought])
        left = deciding.left(drawn, sought)
        point[sought[left]] = drawn[left]
        found[sought] = left
    return point, np.flatnonzero(found)


def _noise(random: np.random.Generator, size: int, number: int) -> FloatArray:
    low, high = np.sort(random.uniform(0, 1, 2)) if number % 3 == 1 else (0.0, 1.0)
    drawn = random.uniform(low, high, size)
    return np.asarray(np.round(drawn) if number % 3 == 2 else drawn, dtype=np.float32)


def _slopes(
    deciding: Deciding,
    point: FloatArray,
    rows: IntArray,
    draws: IntArray,
    spread: FloatArray,
    randoms: Randoms,
    *,
    normal: bool,
) -> FloatArray:
    """Estimate which way leads out at points, from as many ``draws`` (m,) around each: (m, D).

    Directions of another class count for, the others against, both less their mean.
    """
    dimension = point.shape[1]
    slopes = np.zeros((len(rows), dimension), dtype=point.dtype)
    at_once = max(_NUMBERS_AT_ONCE // (dimension * int(draws.max(initial=1))), 1)
    for part in slices(len(rows), at_once):
        own, counts = rows[part], draws[part]
        around = np.concatenate(
            [
                _directions(randoms[row], count, dimension, normal=normal)
                for row, count in zip(own, counts, strict=True)
            ]
        )
        asked = np.repeat(own, counts)
        around *= np.repeat(spread[part], counts)[:, None].astype(point.dtype)
        around += point[asked]
        np.clip(around, 0, 1, out=around)
        left = deciding.left(around, asked)
        around -= point[asked]  # as clipped
        ends = counts.cumsum()[:-1]
        for place, each in enumerate(
            zip(np.split(left, ends), np.split(around, ends), strict=True)
        ):
            signs = np.where(each[0], 1.0, -1.0).astype(point.dtype)
            mixed = signs if abs(signs.mean()) == 1 else signs - signs.mean()
            slopes[part.start + place] = mixed @ each[1]
    return slopes


def _directions(
    random: np.random.Generator, count: int, dimension: int, *, normal: bool
) -> FloatArray:
    """Draw directions of unit length: (count, dimension)."""
    size = (count, dimension)
    if normal:
        drawn = random.standard_normal(size, dtype=np.float32)
    else:
        drawn = 2 * random.random(size, dtype=np.float32) - 1
    return np.asarray(drawn / l2_length(drawn)[:, None].astype(np.float32))


def _jumped(
    deciding: Deciding, point: FloatArray, rows: IntArray, way: FloatArray, size: FloatArray
) -> FloatArray:
    """Step along ways (m, D), half as far again and again until in another class: like point.

    Where queries run out before, points stay where they are.
    """
    jumped, waiting = point.copy(), np.arange(len(rows))
    while True:
        waiting = waiting[deciding.to_spend(rows[waiting]) > 0]
        if not len(waiting):
            return jumped
        far = size[waiting, None].astype(point.dtype)
        tried = np.clip(point[waiting] + far * way[waiting], 0, 1)
        left = deciding.left(tried, rows[waiting])
        jumped[waiting[left]] = tried[left]
        waiting = waiting[~left]
        size[waiting] /= 2
