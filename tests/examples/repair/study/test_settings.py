"""What is set beforehand fits together."""

from dataclasses import replace
from typing import get_args

import pytest

import robaudit
from reproduction.settings import ATTACKS, Dataset
from robaudit.hardening import Mixture, hardening_preset
from study.settings import REACH, TUNING_SEED, Scale, noise_texts, study_of, texts_of

CASES = [
    (dataset, scale)
    for dataset in get_args(Dataset)
    for scale in get_args(Scale)
    if (dataset == "digits") == (scale == "smoke")
]


@pytest.mark.parametrize(("dataset", "scale"), CASES)
def test_a_study_can_be_done(dataset: Dataset, scale: Scale) -> None:
    study = study_of(dataset, scale)
    assert study.setting.dataset == dataset
    assert study.setting.seeds <= TUNING_SEED
    spec = robaudit.InputSpec((3, 32, 32) if dataset == "cifar10" else (1, 28, 28), 10)
    budgets = dict.fromkeys(ATTACKS, 0.1)
    for text in (*texts_of(budgets, study).values(), *noise_texts(budgets, study).values()):
        robaudit.parse_attack(text, spec)
    for recipe in (study.combined, study.onto_adversarial, *study.candidates.values()):
        assert sum(Mixture(**recipe.mixture).shares) == pytest.approx(1)


def test_the_full_scale_has_all_images_and_seeds() -> None:
    for dataset, images, seeds in (
        ("mnist", 60_000, 5),
        ("fashion_mnist", 60_000, 5),
        ("cifar10", 50_000, 3),
    ):
        setting = study_of(dataset, "full").setting  # type: ignore[arg-type]
        assert (setting.images, setting.seeds) == (images, seeds)


@pytest.mark.parametrize(
    ("first", "many", "seeds"),
    [
        (0, 3, (0, 1, 2)),
        (0, TUNING_SEED + 1, (*range(TUNING_SEED), TUNING_SEED + 1)),
        (TUNING_SEED, 2, (TUNING_SEED + 1, TUNING_SEED + 2)),
        (TUNING_SEED + 1, 1, (TUNING_SEED + 1,)),
    ],
)
def test_the_seed_that_recipes_are_chosen_on_is_none_of_the_study(
    first: int, many: int, seeds: tuple[int, ...]
) -> None:
    study = study_of("mnist", "small")
    some = replace(study, first_seed=first, setting=replace(study.setting, seeds=many))
    assert some.seeds == seeds


def test_the_adversary_is_within_reach_as_harden_has_it() -> None:
    spec = robaudit.InputSpec((1, 28, 28), 10)
    usual = hardening_preset("standard", spec, method="combined")
    assert usual.reach_of_adversary == REACH
    study = study_of("mnist", "small")
    assert study.within(3.0).plan["reach_of_adversary"] == 3
    assert "reach_of_adversary" not in study.combined.plan
