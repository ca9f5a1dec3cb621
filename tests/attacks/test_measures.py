"""Names of what is measured beside attacks, and what is refused."""

import pytest

from robaudit import AttackPlan, parse_attack
from robaudit.attacks.measures import check_measures
from robaudit.errors import UsageError
from robaudit.types import InputSpec

SPEC = InputSpec((1, 6, 6), 2)


def test_a_measure_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="Did you mean directions"):
        check_measures(["direction"], adversary=True)


def test_detection_needs_examples_to_detect() -> None:
    noise = parse_attack("uniform-noise", SPEC)
    with pytest.raises(UsageError, match="no adversary whose examples"):
        AttackPlan((noise,), measures=("detection",))
    AttackPlan((noise, parse_attack("fgsm", SPEC)), measures=("detection",))
