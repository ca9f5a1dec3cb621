"""What is done on each data set; rules and budgets were fixed before any seed was looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from reproduction.settings import Dataset, Phase, Setting, attack_text, setting_of

Scale = Literal["smoke", "small"]

ARMS = {"levels": "the paper's levels", "even": "none", "neighbours": "neighbours"}
"""What says how many examples a class gets; there are as many together by each."""

ORIGINAL = "original"

PAIRS = (("levels", "even"), ("neighbours", "even"), ("neighbours", "levels"), ("even", ORIGINAL))
"""Whose differences are looked at; the last one says what examples give at all."""

_ROOM = (0.1, 0.5, 0.75)
"""The paper's 20, 100 and 150 samples of a class, as shares of 200: so no rule lacks samples."""


@dataclass(frozen=True)
class Study:
    """The study on one data set: the reproduction's setting, and ``attacks`` by name, as texts."""

    setting: Setting
    attacks: Mapping[str, str]


def study_of(dataset: Dataset, scale: Scale) -> Study:
    """Give the study of a data set at a scale; the digits are of the smoke scale alone."""
    setting = setting_of(dataset, "small")
    if scale == "smoke":
        setting = replace(setting, shares=_ROOM, original=(Phase(3, 3e-3),), seeds=3)
        return Study(setting, _attacks(setting, 0.1, 0.3))
    colour = setting.augmented
    setting = replace(
        setting,
        images=4_000,
        attacked=1_000,
        search=replace(setting.search, samples=500, directions=50),
        audit=replace(setting.audit, samples=500, directions=30),
        shares=_ROOM,
        per_sample=15,
        original=(Phase(8, 2e-3), Phase(2, 2e-4)) if colour else setting.original,
        retraining=Phase(4, 1e-3),
        seeds=6 if colour else 10,
    )
    budgets = {"mnist": (0.1, 0.5), "fashion_mnist": (0.03, 0.2), "cifar10": (2 / 255, 0.05)}
    return Study(setting, _attacks(setting, *budgets[dataset]))


def _attacks(setting: Setting, epsilon: float, sigma: float) -> dict[str, str]:
    return {
        "PGD": attack_text("pgd", epsilon, replace(setting, pgd_steps=20)),
        "noise": attack_text("gaussian-noise", sigma, setting),
    }
