"""How far gaps dip between two points of a ray: what lets a search leave steps out.

Between two points of a ray whose gaps a and b are known, the gap runs near the straight
line from a to b, and dips below it by more the longer the way. A dip of size
2 A sqrt(f (1 - f)) at the share f of the way, the shape of a Brownian bridge, stays
above zero all the way exactly where sqrt(a b) > A. So the steps between two points are
passed over where sqrt(a b) exceeds A for their distance.

Where the second point lies beyond the boundary, it is the first step there if none before
it can be. Near its end a way is smoother than such a bridge: what counts is how far gaps
of the step before lie below the line. Both are measured on rays of the very model, and
widened as far as the check calls for (`robaudit.searching.checking`).
"""

from dataclasses import dataclass, replace

import numpy as np

from robaudit.types import BoolArray, FloatArray, IntArray

_LENGTHS = 12
_STARTS = 6
_SHORTFALL_FACTOR = 3.0
"""How much wider than dips shortfalls are taken to be: less would fail the check sooner."""

_OVERSHOOT = 1.3
"""How much farther than a decline leads to the boundary the next probe goes: beyond it is best."""


@dataclass(frozen=True)
class Dips:
    """How much gaps dip, for one model.

    ``size`` (steps + 1,) is A for points so many steps apart; ``shortfall`` (steps + 1,) is
    how far below the line the step before the second point lies where that one is beyond
    the boundary. ``factor`` widens both.
    ``decline`` (steps + 1,), falling, is what gaps lose by each step of a usual ray: a
    ray is first probed where that would bring it to the boundary. ``None``: at its end.
    """

    size: FloatArray
    shortfall: FloatArray
    factor: float = 1.0
    decline: FloatArray | None = None

    @property
    def steps(self) -> int:
        """How many steps a ray has."""
        return len(self.size) - 1

    def stay_above(self, length: IntArray, one: FloatArray, other: FloatArray) -> BoolArray:
        """Tell where two gaps (n,), ``length`` (n,) steps apart, leave none below 0 between."""
        least = (self.factor * self.size[length]) ** 2
        far = (one > 0) & (other > 0) & (one * other > least)
        return np.asarray((length == 1) | far)

    def none_before(self, length: IntArray, one: FloatArray, other: FloatArray) -> BoolArray:
        """Tell where a gap (n,) at most 0, ``length`` (n,) steps from one above, is the first.

        Dips here have the shape of a parabola, f (1 - f), and of those the step before is
        reached first, whatever their size.
        """
        line = (one + other * (length - 1)) / length
        least = _SHORTFALL_FACTOR * self.factor * self.shortfall[length]
        return np.asarray((length == 1) | (line > least))

    def first_probe(self, gap: FloatArray) -> IntArray:
        """Choose the step at which to probe rays first, by the gaps (n,) of their samples."""
        if self.decline is None:
            return np.full(len(gap), self.steps)
        place = np.searchsorted(-self.decline, gap)  # the first step that would lose the gap
        return np.minimum(np.maximum(place, 1), self.steps)


def likeliest_step(
    left: IntArray, right: IntArray, one: FloatArray, other: FloatArray, crossed: BoolArray
) -> IntArray:
    """Choose the step to probe between steps left and right, all (n,), of gaps one and other.

    On a line from ``one`` to minus ``other`` the gap is zero there: where the ray has
    crossed by ``right``, that is the first step expected beyond; where it has not,
    the place where a dip would reach zero first. Each part keeps an eighth at least.
    """
    length = right - left
    share = np.abs(one) / np.maximum(np.abs(one) + np.abs(other), 1e-30)
    offset = np.where(crossed, np.ceil(share * length), np.rint(share * length))
    least = np.maximum(1, length // 8)
    return np.asarray(left + np.minimum(np.maximum(offset.astype(np.int64), least), length - least))


def step_beyond(left: IntArray, gap: FloatArray, decline: FloatArray, steps: int) -> IntArray:
    """Choose the step after ``left`` to probe, all (n,), where nothing is known ahead.

    A gap that goes on to lose its decline at each step is well below zero there.
    """
    far = np.full(len(left), float(steps))
    ahead = np.divide(_OVERSHOOT * gap, decline, out=far, where=decline * steps > gap)
    least = left + np.maximum(1, (steps - left) // 8)
    return np.asarray(np.minimum(np.maximum(np.ceil(left + ahead).astype(np.int64), least), steps))


def most_points(steps: int) -> int:
    """Tell how many points ahead on a ray may be known at a time; see `likeliest_step`."""
    return 12 + int(np.ceil(np.log(max(steps, 8) / 8) / np.log(8 / 7)))


def measure_dips(gaps: FloatArray) -> Dips:
    """Measure dips on rays that were walked in full, gaps (n, steps + 1)."""
    steps = gaps.shape[1] - 1
    lengths = np.unique(np.geomspace(min(2, steps), steps, _LENGTHS).astype(int))
    sizes = np.array([_dip(gaps, int(length)) for length in lengths])
    short = np.array([_shortfall(gaps, int(length)) for length in lengths])
    return Dips(np.interp(np.arange(steps + 1), lengths, sizes), _filled(lengths, short, steps))


def _dip(gaps: FloatArray, length: int) -> float:
    """Root mean square of A over stretches of one length; dips upwards count as none."""
    share = np.arange(1, length) / length
    if not len(share):
        return 0.0
    shape = 2 * np.sqrt(share * (1 - share))
    squares = []
    for start in np.unique(np.linspace(0, gaps.shape[1] - 1 - length, _STARTS).astype(int)):
        one, other = gaps[:, [start]], gaps[:, [start + length]]
        line = one * (1 - share) + other * share
        dip = ((line - gaps[:, start + 1 : start + length]) / shape).max(axis=1)
        squares.append(np.maximum(dip, 0.0) ** 2)
    return float(np.sqrt(np.mean(squares)))


def _shortfall(gaps: FloatArray, length: int) -> float:
    """Root mean square of what the step before a point beyond lacks to the line.

    Over stretches of one length that end at one: not a number where there are none.
    """
    one, other = gaps[:, : gaps.shape[1] - length], gaps[:, length:]
    ends = (one > 0) & (other <= 0)
    line = (one + other * (length - 1)) / length
    missing = np.maximum(line - gaps[:, length - 1 : -1], 0.0)[ends]
    return float(np.sqrt(np.mean(missing**2))) if len(missing) else np.nan


def _filled(lengths: IntArray, values: FloatArray, steps: int) -> FloatArray:
    """Spread what is known of some lengths over all (steps + 1,); endless where nothing is."""
    known = np.isfinite(values)
    if not known.any():
        return np.where(np.arange(steps + 1) > 1, np.inf, 0.0)
    lengths, values = np.append(1, lengths[known]), np.append(0.0, values[known])
    return np.interp(np.arange(steps + 1), lengths, values)


def with_usual_decline(dips: Dips, gaps: FloatArray) -> Dips:
    """Start rays where a usual one, by gaps (n, steps + 1), has come to the boundary."""
    lost = np.median(gaps - gaps[:, :1], axis=0)
    return replace(dips, decline=np.minimum.accumulate(lost))
