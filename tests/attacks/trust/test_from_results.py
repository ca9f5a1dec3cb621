"""Trust flags that compare attacks: only like with like, and beyond chance."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from robaudit.attacks.catalogue import parse_attack
from robaudit.attacks.outcome import Outcome, Targets
from robaudit.attacks.run import AttackResult
from robaudit.attacks.trust.from_results import (
    black_box_beats_white_box,
    lack_of_effort,
    more_steps_do_not_help,
    noise_beats_gradients,
)
from robaudit.attacks.trust.trust_flags import Flag
from robaudit.types import BoolArray
from tests.support.masked_models import SHAPE, SPEC, make_targets


def result(text: str, success: BoolArray, distance: float | None = None) -> AttackResult:
    """Make up what an attack found; it lies at the whole budget if nothing else is said."""
    attack = parse_attack(text, SPEC)
    far = attack.budget if distance is None else distance
    count = len(success)
    outcome = Outcome(
        success=success,
        distance=np.where(success, far, np.inf),
        examples=np.zeros((count, *SHAPE)),
        adjacent=np.zeros(count, dtype=np.int64),
        nearest=np.where(success, far, np.inf),
        outside=0,
        evaluations=0,
        gradients=0,
        seconds=0.0,
    )
    return AttackResult(attack, outcome)


def first(count: int) -> BoolArray:
    return np.arange(100) < count


def last(count: int) -> BoolArray:
    return np.arange(100) >= 100 - count


HUNDRED = make_targets(count=100)
Compare = Callable[[Targets, Sequence[AttackResult]], Flag]


@pytest.mark.parametrize(
    ("compare", "blind"),
    [
        (black_box_beats_white_box, "square"),
        (noise_beats_gradients, "uniform-noise"),
    ],
)
def test_samples_that_only_blind_attacks_break_are_counted(compare: Compare, blind: str) -> None:
    seeing = [result("fgsm", first(5)), result("pgd", first(40))]
    for count, expected in ((0, False), (5, False), (6, True), (30, True)):
        flag = compare(HUNDRED, [*seeing, result(blind, last(count) | first(20))])
        assert flag.raised is expected
        assert flag.measured == {"share": count / 100, "reverse": 0.2, "samples": 100}


def test_only_equal_norms_and_budgets_are_compared() -> None:
    broken, held = first(50), first(0)
    square = result("square", broken)
    for others in ([], [result("deepfool", held)], [result("fgsm", held)]):
        assert black_box_beats_white_box(HUNDRED, [square, *others]).raised is None
    small = result("pgd:epsilon=0.1", held)
    assert black_box_beats_white_box(HUNDRED, [square, small]).raised is False
    near = result("square", broken, distance=0.1)
    assert black_box_beats_white_box(HUNDRED, [near, small]).raised is True
    jump = [result("hopskipjump", broken), result("cw-l2", held)]
    assert black_box_beats_white_box(HUNDRED, jump).raised is True
    skipped = AttackResult(parse_attack("pgd", SPEC), None, "no gradients")
    assert black_box_beats_white_box(HUNDRED, [square, skipped]).raised is None


def test_misclassified_samples_prove_nothing() -> None:
    start = np.where(first(50), HUNDRED.origin, (HUNDRED.origin + 1) % 3)
    half = replace(HUNDRED, start=start)
    seeing = result("pgd", last(50))
    flag = black_box_beats_white_box(half, [seeing, result("square", first(10) | last(50))])
    assert flag.measured == {"share": 0.2, "reverse": 0.0, "samples": 50}


def test_one_step_beats_many_only_beyond_chance() -> None:
    fgsm = result("fgsm", first(60))
    for count, expected in ((60, False), (56, False), (55, True), (90, False)):
        flag = more_steps_do_not_help(HUNDRED, [fgsm, result("pgd", first(count))])
        assert flag.raised is expected
        assert flag.measured["difference"] == pytest.approx((60 - count) / 100)
    assert not more_steps_do_not_help(HUNDRED, [fgsm, result("bim", last(60))]).raised
    other = result("pgd:epsilon=0.2", first(0))
    assert more_steps_do_not_help(HUNDRED, [fgsm, other]).raised is None


def test_what_was_given_too_little_raises_a_flag() -> None:
    enough, short = result("pgd", first(40)), result("pgd:steps=2", first(40))
    flag = lack_of_effort(HUNDRED, [enough, short, result("uniform-noise", first(3))])
    assert flag.raised
    assert flag.measured == {"attacks": 1}
    assert "PGD: its 2 steps of 0.01 change a pixel by at most 0.02" in flag.sentence
    for results in ([enough], [enough, result("pgd:steps=2", first(100))]):
        assert lack_of_effort(HUNDRED, results).raised is False
    for results in ([], [result("uniform-noise", first(3))]):
        assert lack_of_effort(HUNDRED, results).raised is None
