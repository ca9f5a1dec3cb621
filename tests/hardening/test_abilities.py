"""What a plan needs of a classifier and its adapter, and a learning rate that falls."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit import Classifier, TrainPlan
from robaudit.attacks.catalogue import Attack
from robaudit.errors import ClassifierError, UsageError
from robaudit.hardening import fitted, hardening_preset
from robaudit.hardening.abilities import Cosine, check_plan, lacking, schedule_of
from robaudit.hardening.mixture import Mixture
from robaudit.types import FloatArray, IntArray
from tests.support.affine_hardening import SMALL, affine_run, random_affine

COMBINED = replace(SMALL, method="combined", keep="last", learning_rate=0.5)


def test_a_cosine_falls_from_one_to_nothing() -> None:
    cosine = Cosine()
    assert not cosine.asked
    assert [cosine(done) for done in (0, 0.5, 1)] == pytest.approx([1, 0.5, 0])
    assert cosine.asked


def test_a_cycle_rises_before_it_falls_and_a_constant_rate_has_no_schedule() -> None:
    cycle = schedule_of(replace(SMALL, rate="cycle"))
    assert cycle
    assert [cycle(done) for done in (0, 0.1, 0.2, 0.6, 1)] == pytest.approx([0, 0.5, 1, 0.5, 0])
    assert schedule_of(replace(SMALL, rate="cosine")) == Cosine()
    assert schedule_of(SMALL) is None


def test_a_learning_rate_that_stays_is_found_out_after_an_epoch() -> None:
    made, *_ = random_affine(2)
    train = made.train
    assert train is not None
    epochs = []

    def deaf(x: FloatArray, y: IntArray, plan: TrainPlan) -> Classifier:
        epochs.append(plan.epochs)
        return train(x, y, replace(plan, schedule=None))

    with pytest.raises(ClassifierError, match=r"own learning rate.*`rate='constant'`"):
        affine_run(replace(SMALL, rate="cosine"), replace(made, train=deaf))
    assert affine_run(SMALL, replace(made, train=deaf)).rounds


def test_a_falling_rate_changes_what_is_trained() -> None:
    steady, falling = (
        affine_run(replace(COMBINED, rate=rate)).classifier for rate in ("constant", "cosine")
    )
    assert steady.fingerprint != falling.fingerprint


def test_attacked_batches_need_gradients_and_others_do_not() -> None:
    made, *_ = random_affine(2)
    blind = replace(made, vjp=None)
    with pytest.raises(
        ClassifierError, match=r"attacked samples of .* no gradients.*`attacked_share=0`"
    ):
        affine_run(COMBINED, blind)
    noise = Mixture(0.25, 0, 0.25, 0.5)
    train = made.train
    assert train is not None
    run = affine_run(replace(COMBINED, mixture=noise), blind)
    assert run.kept is not None


def test_an_adversary_whose_budget_cannot_be_shared_is_refused() -> None:
    adversary = Attack("uniform-noise", {"epsilon": 0.3})
    with pytest.raises(UsageError, match="the adversary uniform-noise in mixed batches"):
        affine_run(replace(COMBINED, adversary=adversary))


def test_without_feedback_nothing_is_searched() -> None:
    run = affine_run(replace(COMBINED, mixture=Mixture(0.5, 0.5, 0, 0)))
    assert run.rounds[0].searched is None
    assert run.rounds[0].examples is None


def test_mixed_batches_are_of_the_training_data_alone() -> None:
    """Examples take the place of samples: an epoch is as long as without them."""
    made, *_ = random_affine(2)
    train, seen = made.train, []
    assert train is not None

    def counting(x: FloatArray, y: IntArray, plan: TrainPlan) -> Classifier:
        seen.append(len(x))
        return train(x, y, plan)

    run = affine_run(COMBINED, replace(made, train=counting))
    assert seen == [40]
    examples = run.rounds[0].examples
    assert examples is not None
    assert np.ptp([each.chosen for each in examples.selections if each.searched]) <= 20


def test_what_a_classifier_cannot_do_is_left_out_of_combined_hardening_and_said() -> None:
    made, *_ = random_affine(2)
    plan = hardening_preset("quick", made.spec, method="combined")
    assert fitted(made, plan) == plan
    assert lacking(made, plan) == []
    rigid = replace(made, weights=None, vjp=None)
    with pytest.raises(ClassifierError, match="does not hand over its weights"):
        check_plan(rigid, plan)
    fitting = fitted(rigid, plan)
    check_plan(rigid, fitting)
    assert (fitting.averaging, fitting.keep) == (0, "best")
    assert fitting.mixture.shares == (pytest.approx(0.8), 0, 0.2, 0)
    no_line, no_attacks = lacking(rigid, fitting)
    assert "there was no line back to the original" in no_line
    assert "no sample was attacked" in no_attacks
    run = affine_run(replace(COMBINED, mixture=fitting.mixture, keep="best"), rigid)
    assert run.line is None
    feedback = hardening_preset("quick", made.spec, method="feedback")
    assert fitted(rigid, feedback) == feedback
    assert lacking(rigid, feedback) == []


def test_where_all_would_be_attacked_all_stay_as_they_are() -> None:
    assert Mixture(0, 1, 0, 0).without_attacks().shares == (1, 0, 0, 0)


def test_an_adapter_that_shows_no_steps_to_average_is_told_of_that_alone() -> None:
    made, *_ = random_affine(2)
    train = made.train
    assert train is not None
    deaf = replace(made, train=lambda x, y, plan: train(x, y, replace(plan, perturb=None)))
    with pytest.raises(ClassifierError, match="did not show its weights at each step"):
        affine_run(replace(SMALL, averaging=0.9), deaf)
    with pytest.raises(ClassifierError, match="did not train on mixed batches"):
        affine_run(replace(COMBINED, averaging=0.9), deaf)
