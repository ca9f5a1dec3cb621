"""Budgets are found by one rule, and anew where that changes."""

from dataclasses import replace
from typing import Any

import pytest

from reproduction.budgets import HALVINGS, depends_on, halved
from reproduction.settings import setting_of


@pytest.mark.parametrize("dataset", ["mnist", "cifar10"])
def test_budgets_depend_on_all_that_chooses_them(dataset: Any) -> None:
    setting = setting_of(dataset, "small")
    infinity, length, noise = setting.most
    for changed in (
        replace(setting, most=(infinity / 2, length, noise)),
        replace(setting, most=(infinity, length / 2, noise)),
        replace(setting, most=(infinity, length, noise / 2)),
        replace(setting, pgd_steps=3),
        replace(setting, tuned=7),
        setting_of("cifar10" if dataset == "mnist" else "mnist", "small"),
    ):
        assert depends_on(changed) != depends_on(setting)
    assert depends_on(setting)["wanted"]["pgd"] == {"mnist": 0.1862, "cifar10": 0.389}[dataset]


def test_halving_finds_the_budget_whose_share_is_nearest() -> None:
    tried = list[float]()

    def share(budget: float) -> float:
        tried.append(budget)
        return max(0.0, 1 - budget / 0.3)

    budget, holds = halved(share, 0.4321, 0.6)
    assert budget == pytest.approx(0.3 * (1 - 0.4321), abs=0.6 / 2**HALVINGS)
    assert holds == pytest.approx(0.4321, abs=2 * 2.0**-HALVINGS)
    assert len(tried) == HALVINGS + 1
    assert halved(lambda _: 0.8, 0.5, 0.6)[1] == 0.8  # out of reach: what is nearest
