"""The adversary of a hardening is not far beyond what the model holds."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit.attacks.catalogue import Attack, default_attack
from robaudit.batches import pace_for
from robaudit.hardening import HardeningPlan, Mixture, hardening_preset, within_reach
from robaudit.hardening.budget import halved, with_more_steps
from robaudit.hardening.plan import default_adversary
from robaudit.testing import affine_classifier
from robaudit.types import Classifier, FloatArray, IntArray

COUNT, SIZE = 90, 12
WEIGHTS = np.random.default_rng(3).normal(size=(SIZE, 2))
BIAS = np.array([0.0, 0.5 * float((WEIGHTS[:, 0] - WEIGHTS[:, 1]).sum())])  # mid-grey is undecided
MODEL = affine_classifier(WEIGHTS, BIAS, (SIZE,))
X = np.random.default_rng(4).uniform(0.35, 0.65, (COUNT, SIZE)).astype(np.float32)
Y = MODEL.predict(X).argmax(axis=1)
PGD = Attack("pgd", {"epsilon": 0.3, "step": 0.25, "steps": 3.0, "restarts": 1})
PLAN = HardeningPlan(method="combined", adversary=PGD, reach_of_adversary=2.0)


def chosen(
    plan: HardeningPlan, model: Classifier = MODEL, x: FloatArray = X, y: IntArray = Y
) -> Attack:
    found = within_reach(model, x, y, plan, pace_for(model.spec)).adversary
    assert found is not None
    return found


def test_the_budget_is_twice_the_median_distance_of_the_boundary() -> None:
    """That of an affine model is the difference of scores over the L1 norm of its weights."""
    scores = MODEL.predict(X)
    distances = np.abs(scores[:, 0] - scores[:, 1]) / np.abs(WEIGHTS[:, 0] - WEIGHTS[:, 1]).sum()
    found = chosen(PLAN)
    assert found.budget == pytest.approx(2 * np.median(distances), rel=0.03)
    assert found.parameters["step"] == pytest.approx(0.25 / 0.3 * found.budget, rel=0.01)
    assert (found.parameters["steps"], found.parameters["restarts"]) == (3, 1)


def test_samples_that_are_wrong_to_begin_with_do_not_count() -> None:
    wrong = Y.copy()
    wrong[: COUNT // 3] = 1 - wrong[: COUNT // 3]
    right = np.arange(COUNT) >= COUNT // 3
    assert chosen(PLAN, y=wrong).budget == pytest.approx(
        chosen(PLAN, x=X[right], y=Y[right]).budget, rel=0.02
    )


def test_an_adversary_of_one_step_gets_the_same_budget_and_one_in_another_norm_stays() -> None:
    fgsm = Attack("fgsm", {"epsilon": 0.3})
    assert chosen(replace(PLAN, adversary=fgsm)).parameters == {"epsilon": chosen(PLAN).budget}
    other = Attack("pgd-l2", {"budget": 9.0, "step": 1.0, "steps": 3.0, "restarts": 1})
    assert chosen(replace(PLAN, adversary=other)) == other


def test_a_budget_that_is_within_reach_stays() -> None:
    weak = Attack("pgd", {**PGD.parameters, "epsilon": 0.001})
    assert chosen(replace(PLAN, adversary=weak)) == weak


@pytest.mark.parametrize(
    "plan",
    [
        replace(PLAN, reach_of_adversary=0.0),
        replace(PLAN, method="feedback"),
        replace(PLAN, mixture=Mixture(0.8, 0.0, 0.2, 0.0)),
    ],
)
def test_nothing_is_looked_for_where_it_is_not_asked_for(plan: HardeningPlan) -> None:
    assert within_reach(MODEL, X, Y, plan, pace_for(MODEL.spec)) == plan


def test_a_model_that_is_never_right_keeps_the_plan() -> None:
    assert chosen(PLAN, y=1 - Y) == PGD


def test_an_interruption_is_not_taken_for_a_budget_out_of_reach() -> None:
    def interrupted(_x: FloatArray, _cotangent: FloatArray) -> FloatArray:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        chosen(PLAN, replace(MODEL, vjp=interrupted))


def test_half_of_a_budget_has_steps_of_half_the_length() -> None:
    found = halved(PLAN, MODEL.spec).adversary
    assert found == Attack("pgd", {**PGD.parameters, "epsilon": 0.15, "step": 0.125})
    ball = Attack("pgd-l2", {"budget": 9.0, "step": 1.0, "steps": 3.0, "restarts": 1})
    found = halved(replace(PLAN, adversary=ball), MODEL.spec).adversary
    assert found == Attack("pgd-l2", {**ball.parameters, "budget": 4.5, "step": 0.5})
    usual = halved(replace(PLAN, adversary=None), MODEL.spec).adversary
    assert usual is not None
    assert usual.budget == default_adversary(MODEL.spec).budget / 2


def test_only_the_preset_of_combined_hardening_asks_for_it() -> None:
    presets = {
        method: hardening_preset("quick", MODEL.spec, method=method).reach_of_adversary
        for method in ("combined", "feedback", "adversarial")
    }
    assert presets == {"combined": 2.0, "feedback": 0.0, "adversarial": 0.0}


@pytest.mark.parametrize(
    ("trained", "judged"),
    [
        (PGD, PGD),
        (
            Attack("pgd", {"epsilon": 0.03, "step": 0.045, "steps": 1.0, "restarts": 1}),
            ("pgd", 0.03),
        ),
        (Attack("fgsm", {"epsilon": 0.03}), ("pgd", 0.03)),
        (
            Attack("pgd-l2", {"budget": 0.5, "step": 0.5, "steps": 2.0, "restarts": 1}),
            ("pgd-l2", 0.5),
        ),
        (default_attack("deepfool", MODEL.spec), default_attack("deepfool", MODEL.spec)),
    ],
)
def test_what_is_trained_against_fewer_than_three_steps_is_judged_by_three(
    trained: Attack, judged: Attack | tuple[str, float]
) -> None:
    found = with_more_steps(trained)
    if isinstance(judged, Attack):
        assert found == judged
    else:
        assert (found.name, found.budget, found.whole("steps")) == (*judged, 3)
        assert 3 * found.parameters["step"] == pytest.approx(2.5 * found.budget)
