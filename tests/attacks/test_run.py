"""Attacks that are run: what may count, and what stops one stops no other."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit import Classifier, Images
from robaudit.attacks.batched_attacks import DECISION_ATTACKS
from robaudit.attacks.catalogue import suite
from robaudit.attacks.outcome import Targets
from robaudit.attacks.run import (
    INTERRUPTED,
    lowest_accuracy,
    robust_accuracy,
    robust_accuracy_of_classes,
    run_attack,
    run_attacks,
)
from robaudit.batches import Pace
from robaudit.testing import affine_classifier
from robaudit.types import FloatArray
from tests.support.flat_boundary import BIAS, GREY, SHAPE, WEIGHTS, attack, boundary_distances, run


def test_a_misclassified_sample_is_not_robust_and_not_attacked(
    classifier: Classifier, targets: Targets
) -> None:
    outcome = run(classifier, targets, "uniform-noise:epsilon=0.0001")
    np.testing.assert_array_equal(outcome.success[:10], True)
    np.testing.assert_array_equal(outcome.distance[:10], 0)
    np.testing.assert_array_equal(outcome.examples, np.where(False, 0, outcome.examples))
    assert robust_accuracy(outcome).value == pytest.approx(70 / 80, abs=0.03)
    per_class = robust_accuracy_of_classes(outcome, targets.origin, 3)
    assert per_class[2].value is None
    none_correct = replace(targets, origin=1 - targets.start)
    outcome = run(classifier, none_correct, "fgsm")
    assert outcome.evaluations == outcome.gradients == 0
    assert robust_accuracy(outcome).value == 0


@pytest.mark.parametrize("text", ["pgd:epsilon=0.02", "deepfool", "fmn-l2", "square:queries=20"])
def test_what_an_attack_asks_is_counted_alike_at_any_batch_size(
    classifier: Classifier, targets: Targets, text: str
) -> None:
    paces = (Pace(80), Pace(7))
    one, other = (run_attack(classifier, targets, attack(text), seed=0, pace=at) for at in paces)
    assert one.evaluations == other.evaluations > 0
    assert one.gradients == other.gradients


def test_the_lowest_of_several_accuracies_has_an_interval_that_holds(
    classifier: Classifier, targets: Targets
) -> None:
    """Eight attacks, each of which leaves half: the lowest found seems to leave less."""
    random, made = np.random.default_rng(0), run(classifier, targets, "uniform-noise")
    missed = missed_alone = 0
    for _ in range(300):
        outcomes = [replace(made, success=random.random(80) < 0.5) for _ in range(8)]
        low, high = (lowest_accuracy(outcomes).low, lowest_accuracy(outcomes).high)
        assert low is not None
        assert high is not None
        missed += not low <= 0.5 <= high
        alone = min(robust_accuracy(outcome).high or 0.0 for outcome in outcomes)
        missed_alone += alone < 0.5
    assert missed <= 0.05 * 300
    assert missed_alone > 0.1 * 300
    assert lowest_accuracy(outcomes[:1]) == robust_accuracy(outcomes[0])
    assert lowest_accuracy([]).value is None


def test_what_lies_beyond_the_budget_does_not_count(
    classifier: Classifier, targets: Targets
) -> None:
    budget = float(np.median(boundary_distances(targets, 2)))
    outcome = run(classifier, targets, f"deepfool:budget={budget}")
    fallen = targets.correct & outcome.success
    assert (outcome.distance[fallen] <= budget + 1e-5).all()
    assert 0 < fallen.sum() < targets.correct.sum()
    assert outcome.outside == (targets.correct & ~outcome.success).sum()
    np.testing.assert_array_equal(outcome.examples[~outcome.success], targets.x[~outcome.success])


def test_examples_are_of_another_class_and_in_the_box(
    classifier: Classifier, targets: Targets
) -> None:
    outcome = run(classifier, targets, "pgd:epsilon=0.9")
    assert outcome.examples.min() >= 0
    assert outcome.examples.max() <= 1
    found = classifier.predict(outcome.examples).argmax(axis=1)
    np.testing.assert_array_equal(found, outcome.adjacent)
    fallen = targets.correct & outcome.success
    assert (found[fallen] != targets.origin[fallen]).all()


def test_distances_are_shares_of_the_pixel_range(targets: Targets) -> None:
    """The same model over 0..255 gives the same distances."""
    small = affine_classifier(WEIGHTS, BIAS, SHAPE)
    wide = affine_classifier(WEIGHTS / 255, BIAS, SHAPE)
    wide = replace(wide, spec=replace(wide.spec, high=255.0))
    scaled = replace(targets, x=targets.x * 255)
    for text in ("fgsm:epsilon=0.03", "deepfool", "uniform-noise"):
        one, other = run(small, targets, text), run(wide, scaled, text)
        np.testing.assert_array_equal(one.success, other.success)
        np.testing.assert_allclose(one.distance, other.distance, rtol=1e-3)


def test_the_nearest_example_is_known_though_it_does_not_count(
    classifier: Classifier, targets: Targets
) -> None:
    outcome = run(classifier, targets, "deepfool:budget=0.0001")
    assert not outcome.success[targets.correct].any()
    expected = boundary_distances(targets, 2)[targets.correct] / 6
    np.testing.assert_allclose(outcome.nearest[targets.correct], expected, rtol=0.03)


def test_attacks_that_cannot_be_run_say_why(classifier: Classifier, targets: Targets) -> None:
    black_box, blind = replace(classifier, vjp=None), ["square", *DECISION_ATTACKS]
    names = [
        result.attack.name
        for result in run_attacks(black_box, targets, suite("full", GREY), seed=0, pace=Pace(80))
        if result.skipped is None
    ]
    assert names == ["uniform-noise", "gaussian-noise", *blind]
    known = replace(black_box, details={"gradients": {"none": "no converter is installed"}})
    (result,) = run_attacks(known, targets, [attack("fgsm")], seed=0, pace=Pace(80))
    assert "no converter is installed" in str(result.skipped)
    labels = Classifier(
        "labels",
        replace(classifier.spec, scores="labels"),
        lambda x: np.eye(2, dtype=np.float32)[classifier.predict(x).argmax(axis=1)],
    )
    results = run_attacks(labels, targets, suite("full", GREY), seed=0, pace=Pace(80))
    ran = [result.attack.name for result in results if result.skipped is None]
    assert ran == ["uniform-noise", "gaussian-noise", *blind[1:]]
    reasons = {str(one.skipped) for one in results if one.outcome is None}
    assert len(reasons) == 2
    assert any("labels only" in reason for reason in reasons)
    assert any("needs pictures" in reason for reason in reasons)


def test_an_interrupt_keeps_what_is_finished(classifier: Classifier, targets: Targets) -> None:
    asked = 0

    def predict(x: FloatArray) -> FloatArray:
        nonlocal asked
        asked += 1
        if asked > 20:
            raise KeyboardInterrupt
        return classifier.predict(x)

    results = run_attacks(
        replace(classifier, predict=predict), targets, suite("paper", GREY), seed=0, pace=Pace(80)
    )
    assert results[0].outcome is not None
    assert [one.skipped for one in results[1:]] == [INTERRUPTED] * 7


def test_a_model_that_fails_under_one_attack_is_attacked_by_the_others(
    classifier: Classifier, targets: Targets
) -> None:
    def failing(_x: FloatArray, _cotangent: FloatArray) -> FloatArray:
        raise RuntimeError("no kernel")

    broken = replace(classifier, vjp=failing)
    first, second = run_attacks(
        broken, targets, [attack("fgsm"), attack("uniform-noise")], seed=0, pace=Pace(80)
    )
    assert "no kernel" in str(first.skipped)
    assert second.outcome is not None


def test_digits_fall_to_the_suite(digits: Images, digits_model: Classifier) -> None:
    """On a real model stronger attacks leave less than weaker ones, and noise least of all harm."""
    assert digits.labels is not None
    x = digits.unit_pixels(slice(0, 60)).transpose(0, 3, 1, 2)
    start = digits_model.predict(x).argmax(axis=1)
    targets = Targets(x, digits.labels[:60], start, 1.0)
    results = run_attacks(digits_model, targets, suite("quick", GREY), seed=0, pace=Pace(60))
    left = {r.attack.name: robust_accuracy(r.outcome).value or 0 for r in results if r.outcome}
    assert left["pgd"] <= left["fgsm"] < left["uniform-noise"] <= 1
