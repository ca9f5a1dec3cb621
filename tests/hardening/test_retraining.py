"""Retraining: which epoch is kept, in rounds, against an adversary, and what cannot be trained."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from robaudit import Classifier, SearchPlan, TrainPlan
from robaudit.attacks.catalogue import Attack
from robaudit.errors import ClassifierError
from robaudit.hardening import retraining
from robaudit.hardening.averaging import AveragedWeights
from robaudit.hardening.mixture import Mixture
from robaudit.hardening.plan import HardeningPlan
from robaudit.hardening.retraining import retrain
from robaudit.hardening.runs import Kept
from robaudit.hardening.validation import Judgement, make_judge
from robaudit.testing import affine_classifier
from robaudit.types import NamedArrays, Weights
from tests.support.affine_hardening import SIZE, SMALL, affine_run, random_affine
from tests.support.gradient_hardening import PLAN, REACH, Affine, along_gradients


def test_the_best_epoch_within_the_accuracy_is_kept() -> None:
    """The second has the largest margin of all, and has lost too much accuracy."""
    made, x, y = random_affine(2)
    original = Judgement(0.9, 0.2)
    epochs = [Judgement(0.95, 0.3), Judgement(0.5, 0.9), Judgement(0.89, 0.4), Judgement(0.9, 0.35)]
    told = iter([original, *epochs])
    plan = replace(SMALL, epochs=4, max_accuracy_drop=0.01)
    run = retrain(made, x, y, lambda _one: next(told), plan, batch_size=64)
    assert run.original == original
    assert run.kept == Kept(1, 3)
    assert run.best == epochs[2]
    assert [one.within for one in run.rounds[0].epochs] == [True, False, True, True]


def test_where_every_epoch_is_worse_the_original_is_given_back() -> None:
    made, *_ = random_affine(2)

    def spoil(_x: np.ndarray, _y: np.ndarray, plan: TrainPlan) -> Classifier:
        spoilt = affine_classifier(
            np.zeros((SIZE * SIZE, 2)), np.array([0.0, 1.0]), (1, SIZE, SIZE)
        )
        for epoch in range(1, plan.epochs + 1):
            if plan.after_epoch:
                plan.after_epoch(epoch, spoilt)
        return spoilt

    classifier = replace(made, train=spoil)
    run = affine_run(SMALL, classifier)
    assert run.kept is None
    assert run.classifier is classifier
    assert not any(one.within for one in run.rounds[0].epochs)
    assert affine_run(replace(SMALL, keep="last"), classifier).kept is not None


def test_an_adapter_that_shows_no_epoch_is_judged_at_the_end() -> None:
    made, *_ = random_affine(2)
    assert made.train is not None
    train = made.train
    silent = replace(made, train=lambda x, y, plan: train(x, y, replace(plan, after_epoch=None)))
    run = affine_run(SMALL, silent)
    assert [one.number for one in run.rounds[0].epochs] == [SMALL.epochs]


def test_rounds_search_anew_from_what_was_kept() -> None:
    run = affine_run(replace(SMALL, rounds=2, keep="last", learning_rate=0.3))
    assert len(run.rounds) == 2
    first, second = (one.searched for one in run.rounds)
    assert first is not None
    assert second is not None
    assert not np.array_equal(first.directions, second.directions)
    assert run.kept is not None
    assert (run.kept.round, run.kept.epoch) == (2, SMALL.epochs)


def test_the_same_seed_gives_the_same_model() -> None:
    one, two, other = (affine_run(replace(SMALL, seed=seed, keep="last")) for seed in (4, 4, 5))
    assert one.classifier.fingerprint == two.classifier.fingerprint
    assert one.classifier.fingerprint != other.classifier.fingerprint


def test_adversarial_training_attacks_every_batch() -> None:
    pytest.importorskip("art")
    plan = replace(
        SMALL,
        method="adversarial",
        adversary=Attack("fgsm", {"epsilon": 0.05}),
        keep="last",
        learning_rate=0.5,
    )
    run = affine_run(plan)
    plain = affine_run(replace(plan, method="continued", directions_per_sample=1))
    assert run.rounds[0].examples is None
    assert run.classifier.fingerprint != plain.classifier.fingerprint


def test_an_adapter_that_ignores_the_adversary_is_found_out() -> None:
    pytest.importorskip("art")
    made, *_ = random_affine(2)
    assert made.train is not None
    train = made.train
    deaf = replace(made, train=lambda x, y, plan: train(x, y, replace(plan, perturb=None)))
    with pytest.raises(ClassifierError, match="did not train on"):
        affine_run(replace(SMALL, method="adversarial"), deaf)


def test_adversarial_training_needs_gradients() -> None:
    made, *_ = random_affine(2)
    with pytest.raises(ClassifierError, match="no gradients"):
        affine_run(replace(SMALL, method="adversarial"), replace(made, vjp=None))


def test_what_cannot_be_trained_says_why() -> None:
    made, *_ = random_affine(2)
    frozen = replace(made, train=None, details={"training": "its weights are whole numbers"})
    with pytest.raises(ClassifierError, match="whole numbers"):
        affine_run(SMALL, frozen)


@pytest.mark.parametrize("rounds", [1, 2])
def test_training_takes_them_along(rounds: int) -> None:
    model = Affine(9)
    judge = make_judge(model.classifier, model.x, model.y, replace(REACH, samples=20), 64)
    plan = replace(PLAN, rounds=rounds, keep="last", learning_rate=0.3)

    def run(one: HardeningPlan) -> Any:
        return retrain(model.classifier, model.x, model.y, judge, one, batch_size=64)

    hardened, plain = run(plan), run(replace(plan, gradient_directions=0))
    for part in hardened.rounds:
        assert along_gradients(part.examples).any()
        assert set(part.seconds) == {"search", "gradient rays", "training"}
    assert set(plain.rounds[0].seconds) == {"search", "training"}
    assert hardened.classifier.fingerprint != plain.classifier.fingerprint
    assert plan.described()["gradient_directions"] == 2


def _by_budget(made: dict[float, Classifier]) -> tuple[Classifier, list[float]]:
    """Make a classifier whose training tells how far batches are attacked, and gives so much."""
    seen: list[float] = []
    original = _tilted(1.3)

    def train(x: np.ndarray, y: np.ndarray, plan: TrainPlan) -> Classifier:
        assert plan.perturb is not None
        assert plan.after_epoch is not None
        moved = plan.perturb(original, x[:8], y[:8])
        seen.append(round(float(np.abs(moved - x[:8]).max()), 3))
        plan.after_epoch(plan.epochs, made[seen[-1]])
        return made[seen[-1]]

    return replace(original, train=train), seen


def _tilted(angle: float) -> Classifier:
    """Tell whether the first number is more than a half, or rather the second: by an angle."""
    normal = np.array([np.cos(angle), np.sin(angle), 0, 0])
    weights = np.stack([-normal, normal], axis=1)
    return affine_classifier(weights, np.array([1.0, -1.0]) * normal.sum() / 2, (4,))


@pytest.mark.parametrize(
    ("halvings", "tried", "kept"),
    [(0, [0.2], False), (1, [0.2, 0.1], False), (3, [0.2, 0.1, 0.05], True)],
)
def test_what_loses_too_much_is_trained_again_within_half_of_the_budget(
    halvings: int, tried: list[float], kept: bool
) -> None:
    """From the original, until what is trained is within what may be lost.

    Lines to the others go away from the plane that is right; that to the last leads there.
    """
    pytest.importorskip("art")
    x = np.random.default_rng(0).uniform(0.3, 0.7, (400, 4)).astype(np.float32)
    y = (x[:, 0] > 0.5).astype(int)
    classifier, seen = _by_budget({0.2: _tilted(2.2), 0.1: _tilted(1.8), 0.05: _tilted(0)})
    search = SearchPlan(100, 4, step=0.02, steps=50, clip=False)
    plan = HardeningPlan(
        method="combined",
        search=search,
        mixture=Mixture(0.0, 1.0, 0.0, 0.0, budget_ramp=0.0),
        adversary=Attack("fgsm", {"epsilon": 0.2}),
        epochs=1,
        keep="line",
        budget_halvings=halvings,
    )
    judge = make_judge(classifier, x[:200], y[:200], search, 64)
    run = retrain(classifier, x[200:], y[200:], judge, plan, batch_size=64)
    assert seen == tried
    assert run.line is not None
    assert [point.budget for point in run.line.points[1::10]] == tried
    assert (run.line.kept > 0) == kept
    (only,) = run.rounds
    others = {f"training within {budget:g}" for budget in tried[: -1 if kept else None]}
    others -= set() if kept else {"training within 0.2"}
    assert set(only.seconds) == {"training"} | others
    assert run.budget == (tried[-1] if kept else 0.2)
    assert run.kept == (Kept(1, 1) if kept else None)


def test_statistics_are_of_training_data_augmented_as_these_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those of averages and of points of the line: else every point begins with a loss."""
    made, x, y = random_affine(2)
    assert made.weights is not None
    take, put = made.weights.take, made.weights.put
    seen: list[np.ndarray] = []

    def watched(weights: NamedArrays, x: np.ndarray) -> Classifier:
        seen.append(x)
        return put(weights, x)

    class Watched(AveragedWeights):
        def __init__(self, decay: float, x: np.ndarray) -> None:
            seen.append(x)
            super().__init__(decay, x)

    monkeypatch.setattr(retraining, "AveragedWeights", Watched)
    judge = make_judge(made, x[:20], y[:20], SearchPlan(20, 8, clip=False, steps=30), 64)
    plan = replace(SMALL, keep="line", averaging=0.9, learning_rate=0.5, statistics_samples=12)
    retrain(
        *(replace(made, weights=Weights(take, watched)), x[20:], y[20:], judge, plan),
        batch_size=64,
        augment=lambda _made, batch, _y: np.full_like(batch, 0.25),
    )
    assert len(seen) > 9
    for one in seen:
        np.testing.assert_array_equal(one, np.full((12, *x.shape[1:]), 0.25, x.dtype))
