"""A worst class is named under attack where it stands out, and not where chance picks one."""

from dataclasses import replace
from typing import Any

import numpy as np

from robaudit import scan
from robaudit.attacks.assessment import AttackPlan
from robaudit.attacks.catalogue import default_attack
from robaudit.attacks.outcome import Outcome
from robaudit.attacks.worst_class import NAMING_ERROR, alike_under_attack
from robaudit.record.audit_record import describe_audit
from robaudit.stats.naming import error_of_each
from robaudit.types import BoolArray
from tests.support.agreements import make_result

CLASSES, SAMPLES = 10, 12
ORIGIN = np.repeat(np.arange(CLASSES), SAMPLES)


def fallen(success: BoolArray) -> Outcome:
    outcome = make_result("pgd", np.where(success, 0.1, np.inf).tolist()).outcome
    assert outcome is not None
    return replace(outcome, success=success)


def test_classes_alike_are_named_by_hardly_any_of_many_attacks() -> None:
    """Ten attacks on ten classes made equal: seldom does any name one."""
    random, named = np.random.default_rng(0), 0
    error = error_of_each(NAMING_ERROR, 10)
    for _ in range(200):
        shares = random.uniform(0.05, 0.95, 10)
        lists = [alike_under_attack(fallen(random.random(120) < p), ORIGIN, error) for p in shares]
        named += any(len(alike) == 1 for alike in lists)
    assert named <= 200 * NAMING_ERROR + 2


def test_a_class_that_stands_out_is_named() -> None:
    success = (ORIGIN == 4) | (ORIGIN == 7) & (np.arange(120) % 2 == 0)
    assert alike_under_attack(fallen(success), ORIGIN) == (4, 7)
    assert alike_under_attack(fallen(ORIGIN == 4), ORIGIN) == (4,)
    assert alike_under_attack(fallen(np.full(120, True)), ORIGIN) == tuple(range(10))


def test_classes_that_were_not_attacked_are_alike_to_none() -> None:
    alike = alike_under_attack(fallen(np.full(24, True)), np.repeat([2, 5], 12))
    assert alike == (2, 5)


def test_the_record_says_which_classes_may_be_the_worst(digits_model: Any, digits: Any) -> None:
    attacks = AttackPlan((default_attack("uniform-noise", digits_model.spec),), samples=30)
    record = describe_audit(scan(digits_model, digits, plan="quick", attacks=attacks))
    per_class = [one.value for one in record.attacks[0].per_class]
    alike = record.attacks[0].worst_alike
    assert isinstance(alike, list)
    assert per_class.index(min(value for value in per_class if value is not None)) in alike
