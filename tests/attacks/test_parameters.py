"""Values of parameters that cannot be meant, from words and from Python."""

import pytest

from robaudit.attacks.catalogue import CATALOGUE, Attack, default_attack, parse_attack
from robaudit.errors import UsageError
from tests.support.flat_boundary import COLOUR, GREY


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("pgd:epsilon=8", "epsilon=8/255"),
        ("fgsm:epsilon=1.5", "epsilon=1.5/255"),
        ("square:epsilon=16", "epsilon=16/255"),
        ("uniform-noise:epsilon=2", "epsilon=2/255"),
        ("gaussian-noise:sigma=25", "sigma=25/255"),
        ("bim:step=2", "step=2/255"),
        ("brightness:added=30", "added=30/255"),
    ],
)
def test_grey_levels_are_refused_with_advice(text: str, advice: str) -> None:
    with pytest.raises(UsageError, match="at most 1") as failed:
        parse_attack(text, COLOUR)
    assert advice in str(failed.value)


@pytest.mark.parametrize(
    "text",
    ["pgd:steps=0", "pgd:epsilon=nan", "pgd:epsilon=inf", "square:queries=0", "pgd:epsilon=1/0"],
)
def test_numbers_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="attack"):
        parse_attack(text, GREY)


def test_attacks_made_in_python_are_held_to_the_same() -> None:
    with pytest.raises(UsageError, match="epsilon=8/255"):
        Attack("fgsm", {"epsilon": 8.0})
    with pytest.raises(UsageError, match="sigma=25/255"):
        Attack("gaussian-noise", {"sigma": 25.0})
    with pytest.raises(UsageError, match="expected epsilon"):
        Attack("fgsm", {})


def test_a_euclidean_budget_may_be_large() -> None:
    assert parse_attack("cw-l2:budget=28", GREY).budget == 28


def test_defaults_are_within_bounds() -> None:
    for name in CATALOGUE:
        for spec in (GREY, COLOUR):
            assert default_attack(name, spec).name == name
