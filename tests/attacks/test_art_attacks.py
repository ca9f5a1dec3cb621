"""Attacks of ART on a flat boundary: the closed form, found again from the same seed."""

import numpy as np
import pytest

from robaudit import Classifier, Images
from robaudit.attacks.art_attacks import alone_and_quiet
from robaudit.attacks.art_bridge import art_estimator
from robaudit.attacks.catalogue import CATALOGUE
from robaudit.attacks.outcome import Targets
from robaudit.attacks.run import robust_accuracy
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


@pytest.mark.parametrize("name", ["pgd", "pgd-l2", "apgd", "apgd-t"])
@pytest.mark.parametrize("quantile", [0.25, 0.75])
def test_those_fall_that_lie_within_the_budget(
    classifier: Classifier, targets: Targets, name: str, quantile: float
) -> None:
    """Budgets that some samples lie within and others do not: between two of them."""
    entry = CATALOGUE[name]
    key, dual = ("budget", 2) if entry.norm == "l2" else ("epsilon", 1)
    distance = boundary_distances(targets, dual)
    budget = float(np.quantile(distance[targets.correct], quantile))
    step = f",step={budget / 4}" if "step" in entry.grey else ""
    outcome = run(classifier, targets, f"{name}:{key}={budget}{step}")
    expected = ~targets.correct | (distance < budget)
    np.testing.assert_array_equal(outcome.success, expected)


def test_apgd_breaks_what_that_of_art_breaks(digits: Images, digits_model: Classifier) -> None:
    evasion = pytest.importorskip("art.attacks.evasion")
    assert digits.labels is not None
    x, y = digits.unit_pixels(slice(0, 60)).transpose(0, 3, 1, 2), digits.labels[:60]
    start = digits_model.predict(x).argmax(axis=1)
    for epsilon in (0.05, 0.1):
        with alone_and_quiet(np.random.default_rng(0)):
            theirs = evasion.AutoProjectedGradientDescent(
                art_estimator(digits_model),
                eps=epsilon,
                eps_step=2 * epsilon,
                max_iter=20,
                nb_random_init=1,
                verbose=False,
            ).generate(x=x, y=np.eye(10)[y])
        held = (digits_model.predict(theirs).argmax(axis=1) == y).mean()
        ours = run(digits_model, Targets(x, y, start, 1.0), f"apgd:epsilon={epsilon},steps=20")
        assert (robust_accuracy(ours).value or 0.0) <= held + 0.02
