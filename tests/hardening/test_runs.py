"""Which of several runs is given back."""

from dataclasses import replace

from robaudit.hardening.runs import Kept, Line, Run, best_run
from robaudit.hardening.validation import Judgement
from robaudit.types import Estimate
from tests.support.affine_hardening import random_affine

MODEL, *_ = random_affine(0)


def ran(seed: int, margin: float, gain: float | None = None) -> Run:
    best, original = Judgement(0.9, margin), Judgement(0.9, 0.1)
    line = None if gain is None else Line((), 0.5, Estimate(gain, gain - 0.01, gain + 0.01))
    return Run(seed, original, best, (), Kept(1, 1), MODEL, line)


def test_without_a_line_it_is_the_one_with_the_largest_margin() -> None:
    assert best_run([ran(0, 0.2), ran(1, 0.4), ran(2, 0.3)]) == 1


def test_of_lines_it_is_the_one_whose_other_half_shows_the_largest_gain() -> None:
    """Margins are of images half of which chose the point, and know nothing of attacks."""
    assert best_run([ran(0, 0.4, gain=0.02), ran(1, 0.2, gain=0.1), ran(2, 0.3, gain=0.05)]) == 1


def test_what_kept_something_is_before_what_did_not() -> None:
    nothing = replace(ran(0, 0.9, gain=0.5), kept=None)
    assert best_run([nothing, ran(1, 0.1, gain=0.01)]) == 1
    assert best_run([nothing, nothing]) == 0
