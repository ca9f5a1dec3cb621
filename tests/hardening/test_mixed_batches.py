"""Mixed batches: each sample of one kind, with strengths that are drawn as they should be."""

import numpy as np
import pytest

from robaudit.attacks.catalogue import Attack
from robaudit.hardening.mixed_batches import MixedBatches
from robaudit.hardening.mixture import Mixture
from robaudit.testing import affine_classifier
from robaudit.types import FloatArray, IntArray

EPSILON = 0.1
COUNT, SIZE = 2000, 6
PGD = Attack("pgd", {"epsilon": EPSILON, "step": EPSILON, "steps": 4, "restarts": 0})
WEIGHTS = np.random.default_rng(1).normal(size=(SIZE, 3))
MODEL = affine_classifier(WEIGHTS, np.zeros(3), (SIZE,))
X = np.random.default_rng(2).uniform(0.4, 0.6, (COUNT, SIZE)).astype(np.float32)
Y = np.arange(COUNT) % 3
EXAMPLES = np.stack([np.full(SIZE, 0.01), np.full(SIZE, 0.02), np.full(SIZE, 0.03)])
LABELS = np.array([1, 0, 1])


def mixing(mixture: Mixture, samples: int = COUNT, seed: int = 0) -> MixedBatches:
    return MixedBatches(
        mixture, PGD, EXAMPLES.astype(np.float32), LABELS, samples=samples, seed=seed
    )


def sizes(mixed: FloatArray) -> FloatArray:
    return np.asarray(np.abs(mixed - X).max(axis=1))


def of_one(kind: str, **strengths: object) -> Mixture:
    shares = {f"{each}_share": float(each == kind) for each in ("clean", "attacked", "feedback")}
    noise = float(kind == "noise")
    return Mixture(**shares, noise_share=noise, **strengths)  # type: ignore[arg-type]


def test_kinds_are_as_frequent_as_their_shares() -> None:
    """What is left is clean or of a class without examples, what is small example is feedback."""
    mixture = Mixture(0.2, 0.4, 0.3, 0.1, budget_ramp=0)
    mixed = mixing(mixture)(MODEL, X, Y)
    same = (mixed == X).all(axis=1)
    replaced = (mixed < 0.1).all(axis=1)
    attacked = np.isclose(sizes(mixed), EPSILON, atol=1e-6) & ~replaced
    noisy = ~(same | replaced | attacked)
    found = np.array([each.mean() for each in (same, attacked, replaced, noisy)])
    wanted = np.array([0.2 + 0.3 / 3, 0.4, 0.3 * 2 / 3, 0.1])
    assert np.abs(found - wanted).max() < 4 * np.sqrt(0.25 / COUNT)


def test_clean_samples_stay_as_they_are() -> None:
    np.testing.assert_array_equal(mixing(of_one("clean"))(MODEL, X, Y), X)


def test_feedback_examples_are_learned_as_they_are_and_keep_the_labels() -> None:
    """Those of a class are drawn alike; a sample of a class without any stays."""
    mixed = mixing(of_one("feedback"))(MODEL, X, Y)
    np.testing.assert_array_equal(mixed[Y == 2], X[Y == 2])
    assert np.unique(mixed[Y == 0]) == pytest.approx([0.02])
    values, counts = np.unique(mixed[Y == 1][:, 0], return_counts=True)
    assert values == pytest.approx([0.01, 0.03])
    assert counts.min() / counts.sum() == pytest.approx(0.5, abs=0.1)


def test_a_fixed_budget_is_used_whole() -> None:
    """An affine model's worst change within a budget is at its corners, towards another class."""
    found = sizes(mixing(of_one("attacked", budget_ramp=0))(MODEL, X, Y))
    np.testing.assert_allclose(found, EPSILON, atol=1e-6)


def test_a_drawn_budget_is_uniform() -> None:
    """Kolmogorov and Smirnov's distance from U(0, epsilon) is what chance leaves of it."""
    mixture = of_one("attacked", budget_ramp=0, budget_drawn=True)
    found = np.sort(sizes(mixing(mixture)(MODEL, X, Y))) / EPSILON
    assert np.abs(found - (np.arange(COUNT) + 0.5) / COUNT).max() < 1.63 / np.sqrt(COUNT)


def test_a_budget_rises_with_what_was_trained_on() -> None:
    mixed = mixing(of_one("attacked", budget_ramp=0.5), samples=4 * COUNT)
    for share in (0, 0.5, 1, 1):
        found = sizes(mixed(MODEL, X, Y))
        np.testing.assert_allclose(found, share * EPSILON, atol=1e-6)


def test_noise_is_of_a_size_drawn_from_nothing_up() -> None:
    mixed = mixing(of_one("noise", noise_strength=0.2))(MODEL, X, Y)
    squares = ((mixed - X) ** 2).mean()
    assert squares == pytest.approx(0.2**2 / 3, rel=0.1)
    assert mixed.min() >= 0
    assert mixed.max() <= 1


def test_the_same_seed_mixes_alike_and_goes_on_alike() -> None:
    mixture = Mixture(budget_drawn=True)

    def batches(mixing: MixedBatches, count: int) -> list[FloatArray]:
        return [mixing(MODEL, X[:50], Y[:50]) for _ in range(count)]

    first, second = mixing(mixture), mixing(mixture)
    whole, begun = batches(first, 4), batches(second, 2)
    resumed = mixing(mixture)
    resumed.go_on(second.state())
    np.testing.assert_array_equal(whole, [*begun, *batches(resumed, 2)])
    assert not np.array_equal(whole, batches(mixing(mixture, seed=1), 4))


def test_without_examples_all_stay_clean() -> None:
    labels: IntArray = np.zeros(0, np.int64)
    none = MixedBatches(
        of_one("feedback"), PGD, np.zeros((0, SIZE), np.float32), labels, samples=1, seed=0
    )
    np.testing.assert_array_equal(none(MODEL, X, Y), X)


def test_examples_are_augmented_as_samples_are() -> None:
    """Samples come augmented already, and examples take their places."""

    def flipped(_classifier: object, x: FloatArray, _y: IntArray) -> FloatArray:
        return 1 - x

    mixing = MixedBatches(
        of_one("feedback"),
        PGD,
        EXAMPLES.astype(np.float32),
        LABELS,
        samples=COUNT,
        seed=0,
        augment=flipped,
    )
    mixed = mixing(MODEL, X, Y)
    assert np.unique(mixed[Y == 0]) == pytest.approx([1 - 0.02])
    np.testing.assert_array_equal(mixed[Y == 2], X[Y == 2])
