"""AutoAttack: the worst of its attacks, each of which meets only what held."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit import Classifier
from robaudit.attacks.cascade import cascade, members_of
from robaudit.attacks.chance import Chance
from robaudit.attacks.effort import doubt_of
from robaudit.attacks.outcome import Targets
from robaudit.attacks.run import AttackResult
from robaudit.testing import affine_classifier
from robaudit.types import FloatArray, IntArray, ScoreKind
from tests.support.flat_boundary import BIAS, SHAPE, WEIGHTS, attack, boundary_distances, run

FEW = ",steps=20,queries=500"


def test_an_attack_meets_only_what_held_and_what_counts_is_within_the_budget() -> None:
    met: list[list[int]] = []

    def member(first: int, size: float) -> object:
        def run_on(x: FloatArray, _y: IntArray, chance: Chance) -> FloatArray:
            met.append(chance.rows.tolist())
            return np.where(chance.rows[:, None] <= first, x + size, x)

        return run_on

    def predict(x: FloatArray) -> FloatArray:
        return np.concatenate([0.55 - x, x - 0.55], axis=1)

    x, y = np.full((4, 1), 0.5), np.zeros(4, dtype=int)
    members = [member(0, 0.1), member(1, 0.3), member(2, 0.1), member(9, 0.1), member(9, 0.1)]
    together = cascade(members, predict, 0.1)  # type: ignore[arg-type]
    found = together(x, y, Chance(0, np.arange(4)))
    assert met == [[0, 1, 2, 3], [1, 2, 3], [1, 2, 3], [3]]
    np.testing.assert_allclose(found, 0.6)


@pytest.mark.parametrize("epsilon", [0.05, 0.085, 0.11])
def test_what_is_left_is_the_accuracy_of_the_closed_form(
    classifier: Classifier, targets: Targets, epsilon: float
) -> None:
    pytest.importorskip("art")
    outcome = run(classifier, targets, f"autoattack:epsilon={epsilon}{FEW}")
    expected = ~targets.correct | (boundary_distances(targets, 1) < epsilon)
    np.testing.assert_array_equal(outcome.success, expected)
    assert outcome.outside == 0
    assert outcome.lack is None


@pytest.mark.parametrize("kind", ["probabilities", "log-probabilities"])
def test_probabilities_will_do(targets: Targets, kind: ScoreKind) -> None:
    pytest.importorskip("art")
    classifier = affine_classifier(20 * WEIGHTS, 20 * BIAS, SHAPE, kind)
    outcome = run(classifier, targets, f"autoattack:epsilon=0.085{FEW}")
    expected = ~targets.correct | (boundary_distances(targets, 1) < 0.085)
    np.testing.assert_array_equal(outcome.success, expected)


def test_three_classes_will_do(targets: Targets) -> None:
    pytest.importorskip("art")
    weights, bias = np.c_[WEIGHTS, WEIGHTS.sum(axis=1)], np.append(BIAS, 0)
    classifier = affine_classifier(weights, bias, SHAPE)
    start = classifier.predict(targets.x).argmax(axis=1)
    scores, rows = targets.x.reshape(80, -1) @ weights + bias, np.arange(80)
    slopes = np.abs(weights.T[:, None] - weights.T[None]).sum(axis=2)[start]
    lead = scores[rows, start][:, None] - scores
    exact = np.where(slopes > 0, lead / np.maximum(slopes, 1e-9), np.inf).min(axis=1)
    epsilon = float(np.sort(exact)[39:41].mean())
    samples = replace(targets, origin=start, start=start)
    outcome = run(classifier, samples, f"autoattack:epsilon={epsilon}{FEW}")
    np.testing.assert_array_equal(outcome.success, exact < epsilon)


def test_what_cannot_be_run_is_said(classifier: Classifier, targets: Targets) -> None:
    pytest.importorskip("art")
    black_box = replace(classifier, vjp=None)
    labels = replace(
        black_box,
        spec=replace(classifier.spec, scores="labels"),
        predict=lambda x: np.eye(2, dtype=np.float32)[classifier.predict(x).argmax(axis=1)],
    )
    asked = attack(f"autoattack:epsilon=0.3{FEW}")
    for model, name, title in (
        (black_box, "square", "Square"),
        (labels, "hopskipjump-linf", "HopSkipJump-L-inf"),
    ):
        assert [member.name for member in members_of(asked, model)] == [name]
        few = np.flatnonzero(targets.correct)[:4]
        outcome = run(model, targets.take(few), f"autoattack:epsilon=0.3{FEW}")
        assert outcome.success.any()
        doubt = doubt_of(AttackResult(asked, replace(outcome, success=outcome.success & False)))
        assert f"only {title} could be run" in str(doubt)
