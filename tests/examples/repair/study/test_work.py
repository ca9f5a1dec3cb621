"""Plans of the study: those of robaudit's own hardening where they can be."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from reproduction.data import read_data
from reproduction.work import Bench, training_images
from robaudit.hardening import hardening_preset
from study.settings import Recipe, study_of
from study.work import combined_plan, images_for_statistics, noise_plan
from tests.support.paths import ROOT


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(study_of("digits", "smoke").setting, read_data("digits", ROOT / "examples"), "cpu")


def test_combined_hardening_is_planned_as_robaudit_does(bench: Bench) -> None:
    study = study_of("digits", "smoke")
    plan = combined_plan(study, bench, Recipe(4, {"budget_ramp": 0.25}, {"averaging": 0.5}), 3)
    preset = hardening_preset("standard", bench.spec, method="combined")
    assert (plan.method, plan.rate, plan.epochs) == ("combined", preset.rate, 4)
    assert (plan.mixture.budget_ramp, plan.averaging) == (0.25, 0.5)
    assert plan.mixture.shares == preset.mixture.shares
    assert plan.seed == plan.search.seed == 3
    assert plan.keep == "last"
    assert plan.adversary
    assert preset.adversary
    steps = preset.adversary.parameters["steps"]
    assert plan.adversary.budget == study.setting.adversary
    assert plan.adversary.parameters["steps"] == steps
    assert plan.adversary.parameters["step"] * steps == pytest.approx(2.5 * plan.adversary.budget)


def test_a_recipe_may_have_other_steps_of_the_same_length_together(bench: Bench) -> None:
    study = study_of("digits", "smoke")
    adversary = combined_plan(study, bench, Recipe(4, steps=5), 0).adversary
    assert adversary
    assert adversary.whole("steps") == 5
    assert adversary.parameters["step"] == pytest.approx(study.setting.adversary / 2)


def test_noise_takes_half_of_each_batch_and_needs_no_search(bench: Bench) -> None:
    plan = noise_plan(study_of("digits", "smoke"), bench, 0)
    assert plan.mixture.shares == (0.5, 0, 0, 0.5)
    assert not plan.needs_examples
    assert not plan.needs_gradients
    assert (plan.epochs, plan.keep, plan.rate) == (1, "last", "constant")


def test_statistics_are_of_images_as_they_are_trained_on(bench: Bench) -> None:
    """Flipped and shifted where these are: else every point of a line begins with a loss."""
    plan = combined_plan(study_of("digits", "smoke"), bench, Recipe(1), 0)
    plan = replace(plan, statistics_samples=8)
    x, _ = training_images(bench, 0)
    classifier = bench.untrained(0)
    np.testing.assert_array_equal(images_for_statistics(bench, classifier, plan), x[:8])
    augmented = replace(bench, setting=replace(bench.setting, augmented=True))
    changed = images_for_statistics(augmented, classifier, plan)
    assert changed.shape == x[:8].shape
    assert not np.array_equal(changed, x[:8])
