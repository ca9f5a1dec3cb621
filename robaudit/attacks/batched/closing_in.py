"""Closing in on where ways leave a class, by how far the class is ahead at points on them."""

from collections.abc import Callable

import numpy as np

from robaudit.attacks.batched.asking import Leads
from robaudit.types import FloatArray, IntArray

HALVINGS = 12
CLOSE = 2.0**-HALVINGS
"""What is left of a way between a point of another class and one that is not: at most so much."""
SPARE = 2
"""So many points more than halving takes may be asked for."""
_ASIDE = 0.49 * CLOSE
_FIRST = 0.9
"""Attacks end a little beyond the boundary: nearly all of them in this last part of their way."""
_BEYOND = 1.01


def closed_in(leads: Callable[[IntArray, FloatArray], Leads], ways: int) -> FloatArray:
    """Find shares of ways at which the class was left, `CLOSE` to others at which it was not.

    ``leads`` measures the leads of ways (m,), by their numbers, at shares (m,): above 0 at 0, which
    is not asked for, and below at 1. The next point lies where the line through the leads at both
    ends of what is left is 0, and nearly half of `CLOSE` farther on, or back where the last one was
    beyond. A network of rectifiers is straight near a boundary: there two such points are all it
    takes, where halving takes twelve. However the leads bend it is at most `SPARE` more than that,
    since points keep as near to the middle as that asks for (Oliveira and Takahashi, ACM TOMS 47,
    2020).

    A way at whose end the class is not left ends a little later: what an attack met by the scores
    of a twin ``predict`` may not see yet.
    """
    every = np.arange(ways)
    first, last = leads(every, np.full(ways, _FIRST)), leads(every, np.ones(ways))
    low, high = np.where(first.left, 0.0, _FIRST), np.where(last.left, 1.0, _BEYOND)
    high = np.where(first.left, _FIRST, high)
    lead_low = np.where(first.left, np.inf, first.lead)  # at 0 it is not asked for
    lead_high = np.where(first.left, first.lead, last.lead)
    was_beyond, going_on, room = np.zeros(ways, dtype=bool), every, 2.0**SPARE / 2
    while True:
        going_on = going_on[high[going_on] - low[going_on] > CLOSE]
        if not len(going_on):
            return high
        at = _between(
            low[going_on],
            high[going_on],
            lead_low[going_on],
            lead_high[going_on],
            np.where(was_beyond[going_on], -_ASIDE, _ASIDE),
            room,
        )
        found = leads(going_on, at)
        beyond, before = going_on[found.left], going_on[~found.left]
        high[beyond], lead_high[beyond] = at[found.left], found.lead[found.left]
        low[before], lead_low[before] = at[~found.left], found.lead[~found.left]
        was_beyond[going_on] = found.left
        room /= 2


def _between(
    low: FloatArray,
    high: FloatArray,
    lead_low: FloatArray,
    lead_high: FloatArray,
    aside: FloatArray,
    room: float,
) -> FloatArray:
    """Give the next points (m,), between ends with these leads: so far ``aside`` of the line's 0.

    What is left on both sides of them is at most ``room``, or half of what there is.
    """
    middle, half = (low + high) / 2, (high - low) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        zero = low + 2 * half * lead_low / (lead_low - lead_high)
    aimed = np.clip(zero + aside, low + _ASIDE, high - _ASIDE)
    off = np.maximum(room - half, 0.0)
    aimed = np.clip(aimed, middle - off, middle + off)
    return np.where((lead_low > 0) & (lead_high < 0) & np.isfinite(zero), aimed, middle)
