"""Attacks of ART on a flat boundary: the closed form, found again from the same seed."""

import numpy as np
import pytest

from robaudit import Classifier
from robaudit.attacks.run import Targets, robust_accuracy
from tests.support.flat_boundary import boundary_distances, run


@pytest.mark.parametrize("name", ["fgsm", "pgd", "bim", "mim"])
@pytest.mark.parametrize("epsilon", [0.005, 0.01, 0.02, 0.04, 0.08])
def test_bounded_attacks_reach_the_accuracy_of_the_closed_form(
    classifier: Classifier, targets: Targets, name: str, epsilon: float
) -> None:
    steps = "" if name == "fgsm" else f",step={epsilon / 4}"
    outcome = run(classifier, targets, f"{name}:epsilon={epsilon}{steps}")
    expected = ~targets.correct | (boundary_distances(targets, 1) < epsilon)
    np.testing.assert_array_equal(outcome.success, expected)
    assert robust_accuracy(outcome).value == pytest.approx((~expected).mean())
    fallen = targets.correct & outcome.success
    assert (outcome.distance[fallen] <= epsilon + 1e-5).all()


@pytest.mark.parametrize(
    ("text", "tolerance"),
    [("deepfool:budget=9", 0.03), ("cw-l2:budget=9", 0.05)],
)
def test_attacks_that_seek_the_boundary_find_it(
    classifier: Classifier, targets: Targets, text: str, tolerance: float
) -> None:
    outcome = run(classifier, targets, text)
    expected = boundary_distances(targets, 2)
    attacked = targets.correct & outcome.success
    assert outcome.success.mean() > 0.95  # CW may end on the boundary itself
    ratio = outcome.distance[attacked] / expected[attacked]
    assert np.median(ratio) == pytest.approx(1, abs=tolerance)
    assert (ratio > 0.999).all()


def test_the_same_seed_gives_the_same_examples_and_leaves_random_numbers_alone(
    classifier: Classifier, targets: Targets
) -> None:
    np.random.seed(3)  # noqa: NPY002 - what must be left alone
    expected = np.random.random()  # noqa: NPY002
    for text in ("pgd:epsilon=0.02,steps=2", "uniform-noise:epsilon=1", "hopskipjump:steps=1"):
        np.random.seed(3)  # noqa: NPY002
        first = run(classifier, targets, text)
        assert np.random.random() == expected  # noqa: NPY002
        np.testing.assert_array_equal(first.examples, run(classifier, targets, text).examples)
        if text != "pgd:epsilon=0.02,steps=2":  # which ends where it always does
            assert (run(classifier, targets, text, seed=1).examples != first.examples).any()
