"""Trust flags on how attacks searched: what stronger ones add, and where they ended."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit.attacks.catalogue import parse_attack
from robaudit.attacks.query_log import milestones
from robaudit.attacks.run import AttackResult
from robaudit.attacks.trust.from_searches import (
    far_below_pgd,
    large_smallest_changes,
    queries_too_few,
)
from robaudit.types import BoolArray, FloatArray
from tests.attacks.trust.test_from_results import HUNDRED, first, last, result
from tests.support.masked_models import SHAPE, SPEC, affine, look, make_targets


def found(text: str, nearest: FloatArray) -> AttackResult:
    one = result(text, first(0))
    assert one.outcome is not None
    return AttackResult(one.attack, replace(one.outcome, nearest=nearest))


def asked(text: str, early: BoolArray, late: BoolArray) -> AttackResult:
    """Make up an attack that broke some with half of its queries, and more with all of them."""
    one = result(text, early | late)
    assert one.outcome is not None
    steps = len(milestones(one.attack.whole("queries")))
    known = np.full((steps, 100), np.inf)
    known[-2:, early] = known[-1, late] = one.attack.budget
    return AttackResult(one.attack, replace(one.outcome, by_queries=known))


@pytest.mark.parametrize("stronger", ["autoattack", "apgd-t", "square"])
def test_what_stronger_adversaries_add_to_pgd_is_counted(stronger: str) -> None:
    pgd = result("pgd", first(40))
    for count, expected in ((0, False), (9, False), (10, True)):
        flag = far_below_pgd(HUNDRED, [pgd, result(stronger, last(count) | first(20))])
        assert flag.raised is expected
        assert flag.measured == {"share": count / 100, "samples": 100}


def test_pgd_is_held_only_beside_its_like() -> None:
    pgd, broken = result("pgd:epsilon=0.1", first(0)), first(50)
    for others in (
        [],
        [result("fgsm", broken)],
        [result("ddn", broken)],
        [result("uniform-noise", broken)],
    ):
        assert far_below_pgd(HUNDRED, [pgd, *others]).raised is None
    assert far_below_pgd(HUNDRED, [result("apgd", broken)]).raised is None
    assert far_below_pgd(HUNDRED, [pgd, result("apgd", broken)]).raised is False
    near = result("apgd", broken, distance=0.1)
    assert far_below_pgd(HUNDRED, [pgd, near]).raised is True


def test_a_smallest_change_should_be_smaller_than_that_to_a_flat_image() -> None:
    """Grey, black and white are of another class than some of the samples of each class."""
    classifier = affine()
    flat = classifier.predict(np.full((1, *SHAPE), 0.5, np.float32)).argmax()
    far = np.sqrt(((HUNDRED.x - 0.5) ** 2).mean(axis=(1, 2, 3)))
    other = HUNDRED.origin != flat
    assert other.sum() > 60
    near = found("ddn", far * 0.9)
    assert large_smallest_changes(classifier, HUNDRED, [near]).raised is False
    for lost, expected in ((9, False), (10, True)):
        rows = np.flatnonzero(other)[:lost]
        for value in (1.01, np.inf):
            nearest = far * 0.9
            nearest[rows] = far[rows] * value
            flag = large_smallest_changes(classifier, HUNDRED, [found("fmn-l2", nearest)])
            assert flag.raised is expected
            assert flag.measured["share"] == lost / 100
    rows = np.flatnonzero(other)[:10]
    nearest[rows] = np.inf  # two attacks are two looks: 10 of 100 is no longer beyond chance
    pair = [near, found("fmn-l2", nearest)]
    assert large_smallest_changes(classifier, HUNDRED, pair).raised is False
    assert large_smallest_changes(classifier, HUNDRED, [result("pgd", first(3))]).raised is None
    for other_norm in ("fmn-linf", "fmn-l1", "fmn-l0", "hopskipjump-linf"):  # longer, in L2
        few = [found(other_norm, far * 1.5)]
        assert large_smallest_changes(classifier, HUNDRED, few).raised is None


def test_gains_of_the_last_half_of_queries_are_counted() -> None:
    for gained, expected in ((0, False), (5, False), (6, True)):
        flag = queries_too_few(HUNDRED, [asked("hopskipjump", first(40), last(gained))])
        assert flag.raised is expected
        assert flag.measured["share"] == gained / 100
        assert flag.sentence.startswith(f"HopSkipJump with 2,500 queries broke {gained} of 100")
    others = ("hopskipjump:queries=2000", "hopskipjump-linf", "hopskipjump-linf:queries=2000")
    three = [asked(text, first(40), last(0)) for text in others]
    flag = queries_too_few(HUNDRED, [asked("hopskipjump", first(40), last(6)), *three])
    assert flag.raised is False  # four attacks are four looks
    late = asked("hopskipjump", first(40), last(6))
    assert queries_too_few(HUNDRED, [late, result("ddn", last(2))]).raised is False
    assert queries_too_few(HUNDRED, [late, result("pgd", last(2))]).raised is True
    assert queries_too_few(HUNDRED, [result("square", first(9))]).raised is None


def test_a_few_queries_are_too_few_and_many_are_not() -> None:
    pytest.importorskip("art")
    for queries, expected in ((400, True), (5000, False)):
        attack = parse_attack(f"hopskipjump:budget=2,queries={queries}", SPEC)
        assert look(affine(), make_targets(), [attack])["queries-too-few"].raised is expected
