"""Square: squares at random places, kept where they bring the lead of the class down."""

import math

import numpy as np

from robaudit.attacks.batched.asking import Asked
from robaudit.attacks.batched.norms import linf_length
from robaudit.attacks.chance import Chance
from robaudit.attacks.query_log import QueryLog, Tell, tell_nobody
from robaudit.types import Classifier, FloatArray, IntArray

_FIRST_SHARE = 0.8
_HALVED_AT = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)
"""After so many of 10,000 queries the share of pixels in a square is halved."""


def square(
    classifier: Classifier,
    x: FloatArray,
    y: IntArray,
    chance: Chance,
    *,
    epsilon: float,
    queries: int,
    tell: Tell = tell_nobody,
) -> FloatArray:
    """Search within ``epsilon`` of x (n, D) of 0..1 in L-inf, by scores alone: like x.

    Andriushchenko et al., Square Attack (ECCV 2020), Algorithms 1 and 2: from vertical stripes
    of ``epsilon`` up or down; a query sets a square, at a place and to a sign a channel drawn
    for the sample, and keeps it where the lead of the class y (n,) falls. Squares shrink as
    queries go on. Inputs that are no pictures are squares of one row. A sample that has left
    its class is done, and its change is what is told to lie within so many queries.
    """
    asked, found, rows = Asked(classifier), x.copy(), np.arange(len(x))
    log = QueryLog(queries, len(x))
    canvas = _Canvas(classifier.spec.shape)
    stripes, places, signs = _drawn(canvas, chance, queries)
    low, high = np.maximum(x - epsilon, 0), np.minimum(x + epsilon, 1)
    point = np.where(canvas.flat(stripes), high, low).astype(x.dtype)
    leads = asked.leads(point, y)
    lead, left = leads.lead, leads.left
    for query in range(queries + 1):
        if query:
            side = canvas.side(_share(query, queries))
            drawn = places[rows, query - 1], signs[rows, query - 1]
            ahead = canvas.set(point, low, high, *drawn, side)
            leads = asked.leads(ahead, y[rows])
            better = leads.lead < lead
            point = np.where(better[:, None], ahead, point)
            lead, left = np.where(better, leads.lead, lead), leads.left
        if left.any():
            found[rows] = point
            log.meet(
                rows[left], linf_length(point[left] - x[rows[left]]), np.full(left.sum(), query)
            )
            kept = ~left
            rows = rows[kept]
            point, lead, low, high = (each[kept] for each in (point, lead, low, high))
        if not len(rows):
            break
    found[rows] = point
    tell(log.distance)
    return found


def _drawn(
    canvas: "_Canvas", chance: Chance, queries: int
) -> tuple[np.ndarray, FloatArray, np.ndarray]:
    """Draw stripes (n, 1, width, channels), places (n, queries, 2) of 0..1, and signs."""
    stripes, places, signs = [], [], []
    for each in chance.of_each():
        stripes.append(each.random((1, canvas.width, canvas.channels)) < 0.5)
        places.append(each.random((queries, 2), dtype=np.float32))
        signs.append(each.random((queries, canvas.channels), dtype=np.float32) < 0.5)
    count = len(stripes)
    return (
        np.array(stripes, dtype=bool).reshape(count, 1, canvas.width, canvas.channels),
        np.array(places, dtype=np.float32).reshape(count, queries, 2),
        np.array(signs, dtype=bool).reshape(count, queries, canvas.channels),
    )


def _share(query: int, queries: int) -> float:
    passed = query * 10_000 / queries
    return float(_FIRST_SHARE / 2 ** sum(passed > limit for limit in _HALVED_AT))


def _by_channels(shape: tuple[int, ...]) -> IntArray:
    """Give the places of an input's values: (height, width, channels)."""
    numbers = np.arange(math.prod(shape))
    if len(shape) != 3:
        return numbers.reshape(1, -1, 1)
    inner = numbers.reshape(shape)
    return inner.transpose(1, 2, 0) if shape[0] <= shape[-1] else inner


class _Canvas:
    """Where the rows, columns and channels of a picture lie in a flat input."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.index = index = _by_channels(shape)
        self.height: int = index.shape[0]
        self.width: int = index.shape[1]
        self.channels: int = index.shape[2]

    def flat(self, stripes: np.ndarray) -> np.ndarray:
        """Spread stripes (n, 1, width, channels) over whole inputs: (n, D)."""
        spread = np.broadcast_to(stripes, (len(stripes), *self.index.shape))
        flat = np.empty((len(stripes), self.index.size), dtype=bool)
        flat[:, self.index.ravel()] = spread.reshape(flat.shape)
        return flat

    def side(self, share: float) -> int:
        """Give the side of a square of a share of all pixels, at least 1."""
        side = round(math.sqrt(share * self.height * self.width))
        return max(1, min(side, max(self.height, self.width) - 1))

    def set(
        self,
        point: FloatArray,
        low: FloatArray,
        high: FloatArray,
        place: FloatArray,
        sign: np.ndarray,
        side: int,
    ) -> FloatArray:
        """Set a square of each point (n, D) to ``high`` or ``low``, channel by channel: (n, D)."""
        tall, wide = min(side, self.height), min(side, self.width)
        top = (place[:, 0] * (self.height - tall + 1)).astype(int)
        start = (place[:, 1] * (self.width - wide + 1)).astype(int)
        rows = top[:, None, None] + np.arange(tall)[:, None]
        columns = start[:, None, None] + np.arange(wide)
        where = self.index[rows, columns].reshape(len(point), -1)
        up = np.broadcast_to(sign[:, None, :], (len(point), tall * wide, self.channels))
        up = up.reshape(len(point), -1)
        samples = np.arange(len(point))[:, None]
        ahead = point.copy()
        ahead[samples, where] = np.where(up, high[samples, where], low[samples, where])
        return ahead
