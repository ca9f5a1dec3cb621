"""Examples where attacks need help: at the ends of the box, and of probabilities."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit import Classifier
from robaudit.attacks.catalogue import Attack
from robaudit.attacks.chance import Chance
from robaudit.attacks.generators import examples_of_budgets, generator_for, has_budgets, view_of
from robaudit.attacks.outcome import Targets
from robaudit.testing import affine_classifier
from tests.support.flat_boundary import BIAS, SHAPE, WEIGHTS, run


def test_carlini_and_wagner_move_pixels_that_are_black_or_white(
    classifier: Classifier, targets: Targets
) -> None:
    """Against the shortest way inside the box: each pixel by lambda * slope, or to its end."""
    x = np.rint(targets.x)  # every pixel at an end of the box
    start = classifier.predict(x).argmax(axis=1)
    outcome = run(classifier, replace(targets, x=x, origin=start, start=start), "cw-l2:budget=99")
    slope = (WEIGHTS[:, 0] - WEIGHTS[:, 1]) * np.where(start == 0, -1, 1)[:, None]
    flat = x.reshape(len(x), -1)
    gap = np.abs(flat @ (WEIGHTS[:, 0] - WEIGHTS[:, 1]) + BIAS[0] - BIAS[1])

    def change(times: np.ndarray) -> np.ndarray:
        return np.asarray(np.clip(flat + times[:, None] * slope, 0, 1) - flat)

    low, high = np.zeros(len(x)), np.full(len(x), 100.0)
    for _ in range(60):
        middle = (low + high) / 2
        crossed = (change(middle) * slope).sum(axis=1) > gap
        low, high = np.where(crossed, low, middle), np.where(crossed, middle, high)
    reachable = (change(high) * slope).sum(axis=1) > 0.999 * gap
    expected = np.linalg.norm(change(high), axis=1)
    found = reachable & outcome.success
    assert found.sum() > 0.9 * reachable.sum() > 20
    assert (outcome.distance[found] > 0.99 * expected[found]).all()
    assert np.median(outcome.distance[found] / expected[found]) < 1.25


def test_probabilities_are_attacked_as_the_logits_behind_them(targets: Targets) -> None:
    probabilities = affine_classifier(20 * WEIGHTS, 20 * BIAS, SHAPE, scores="probabilities")
    logits = affine_classifier(20 * WEIGHTS, 20 * BIAS, SHAPE)
    for text in ("deepfool:budget=9", "pgd:epsilon=0.04,step=0.01", "cw-l2:budget=9,steps=50"):
        one, other = run(probabilities, targets, text), run(logits, targets, text)
        assert (one.success != other.success).mean() < 0.05
        both = one.success & other.success & targets.correct
        np.testing.assert_allclose(one.distance[both], other.distance[both], rtol=0.05)


ATTACKS = [
    Attack("pgd", {"epsilon": 0.2, "step": 0.05, "steps": 5, "restarts": 1}),
    Attack("pgd-l2", {"budget": 0.5, "step": 0.1, "steps": 5, "restarts": 1}),
    Attack("bim", {"epsilon": 0.2, "step": 0.05, "steps": 5}),
    Attack("fgsm", {"epsilon": 0.2}),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
@pytest.mark.parametrize("low", [0.0, -1.0])
def test_examples_of_the_whole_budget_are_those_of_the_attack(attack: Attack, low: float) -> None:
    """Bit for bit; of a share of the budget they are those of an attack with so much of it."""
    random = np.random.default_rng(0)
    made = affine_classifier(random.normal(size=(6, 3)), np.zeros(3), (6,))
    classifier = replace(made, spec=replace(made.spec, low=low))
    x, y = random.uniform(low, 1, (9, 6)).astype(np.float32), np.arange(9) % 3
    chance = Chance(4, np.arange(9))

    def whole(of: Attack) -> np.ndarray:
        view = view_of(of, classifier, x)
        return np.asarray(generator_for(of, view, None, to_the_end=True)(x, y, chance))

    assert has_budgets(attack)
    shares = np.array([1.0, 0.5, 0.0] * 3)
    found = examples_of_budgets(attack, classifier, x, y, chance, shares)
    sizes = ("epsilon", "budget", "step")
    half = Attack(
        attack.name,
        {key: value / (2 if key in sizes else 1) for key, value in attack.parameters.items()},
    )
    np.testing.assert_array_equal(found[::3], whole(attack)[::3])
    np.testing.assert_array_equal(found[1::3], whole(half)[1::3])
    np.testing.assert_allclose(found[2::3], x[2::3], atol=1e-6)


def test_a_batch_to_be_trained_on_is_passed_once_at_each_step_and_no_more() -> None:
    """But for a few inputs of it, which tell whether its logits have a slope."""
    made = affine_classifier(np.random.default_rng(0).normal(size=(6, 3)), np.zeros(3), (6,))
    assert made.vjp is not None
    predicted, pulled = [0], [0]

    def predict(x: np.ndarray) -> np.ndarray:
        predicted[0] += len(x)
        return made.predict(x)

    def vjp(x: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
        pulled[0] += len(x)
        assert made.vjp is not None
        return np.asarray(made.vjp(x, cotangent))

    counted = replace(made, predict=predict, vjp=vjp)
    x, y = np.full((40, 6), 0.5, np.float32), np.zeros(40, np.int64)
    attack = Attack("pgd", {"epsilon": 0.1, "step": 0.15, "steps": 1, "restarts": 1})
    examples_of_budgets(attack, counted, x, y, Chance(0, np.arange(40)), np.ones(40))
    assert pulled == [40]
    assert predicted[0] <= 8 + 40, "the scores of the points that are pulled back from are one pass"
