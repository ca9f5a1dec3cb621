"""Mixtures: shares that are one together, and a budget that rises."""

import pytest

from robaudit.errors import UsageError
from robaudit.hardening.mixture import KINDS, Mixture


def test_shares_are_in_the_order_of_the_kinds() -> None:
    mixture = Mixture(0.1, 0.2, 0.3, 0.4)
    assert dict(zip(KINDS, mixture.shares, strict=True)) == {
        "clean": 0.1,
        "attacked": 0.2,
        "feedback": 0.3,
        "noise": 0.4,
    }


def test_thirds_are_one_together() -> None:
    assert sum(Mixture(1 / 3, 1 / 3, 0, 1 / 3).shares) == pytest.approx(1)


def test_without_a_ramp_the_budget_is_whole_from_the_beginning() -> None:
    assert Mixture(budget_ramp=0).budget_share(0) == 1
    assert [Mixture(budget_ramp=1).budget_share(done) for done in (0, 0.5, 1)] == [0, 0.5, 1]


@pytest.mark.parametrize(
    "wrong",
    [{"clean_share": 0.5}, {"clean_share": -0.25, "noise_share": 0.5}, {"budget_ramp": 1.5}],
)
def test_mixtures_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Mixture(**wrong)  # type: ignore[arg-type]


def test_shares_that_are_not_one_together_are_told() -> None:
    with pytest.raises(UsageError, match=r"shares of 1\.25 together.*noise 0\.25"):
        Mixture(noise_share=0.25)
