"""Ways are closed in on from both sides, whatever the leads along them look like."""

from collections.abc import Callable

import numpy as np
import pytest

from robaudit.attacks.batched.asking import Leads
from robaudit.attacks.batched.closing_in import CLOSE, HALVINGS, SPARE, closed_in
from robaudit.types import FloatArray, IntArray

Shape = Callable[[FloatArray], FloatArray]
BOUNDARIES = np.linspace(0.003, 0.997, 50)
SHAPES: dict[str, Shape] = {
    "straight": lambda t: -t,
    "bent": lambda t: np.where(t < 0, -t, -100 * t),
    "bent the other way": lambda t: np.where(t < 0, -100 * t, -t),
    "saturated": lambda t: -np.tanh(30 * t),
    "in steps": lambda t: np.where(t < 0, 1.0, -1.0),
    "infinite": lambda t: np.where(t < 0, np.inf, -np.inf),
    "flat at the boundary": lambda t: -(t**3),
    "barely below": lambda t: np.where(t < 0, -1e6 * t, -1e-6 * t),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_what_is_found_is_close_beyond_after_hardly_more_points_than_halving_takes(
    shape: Shape,
) -> None:
    passes = []

    def leads(ways: IntArray, share: FloatArray) -> Leads:
        passes.append(len(ways))
        lead = shape(share - BOUNDARIES[ways])
        return Leads(lead, np.zeros(len(ways), np.int64), lead < 0)

    found = closed_in(leads, len(BOUNDARIES))
    assert (found > BOUNDARIES).all()
    assert (found <= BOUNDARIES + CLOSE).all()
    assert len(passes) <= 2 + HALVINGS + SPARE


def test_a_way_that_is_straight_at_its_end_takes_four_points() -> None:
    """Two of them to know the line: attacks end a little beyond the boundary."""
    boundaries = np.linspace(0.903, 0.997, 50)
    asked = np.zeros(len(boundaries), int)

    def leads(ways: IntArray, share: FloatArray) -> Leads:
        asked[ways] += 1
        lead = np.where(share < 0.5, 3.0, boundaries[ways] - share)
        return Leads(lead, np.zeros(len(ways), np.int64), lead < 0)

    closed_in(leads, len(boundaries))
    assert (asked == 4).all()


def test_what_the_end_does_not_show_is_looked_for_a_little_beyond() -> None:
    def leads(ways: IntArray, share: FloatArray) -> Leads:
        lead = 1.005 - share
        return Leads(lead, np.zeros(len(ways), np.int64), lead < 0)

    found = closed_in(leads, 3)
    assert (found > 1.005).all()
    assert (found <= 1.005 + CLOSE).all()
    assert closed_in(leads, 0).shape == (0,)
