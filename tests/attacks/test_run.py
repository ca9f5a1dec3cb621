"""Attacks: exact answers on affine models, and what may count."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit import Classifier, Images
from robaudit.attacks.catalogue import (
    CATALOGUE,
    SUITES,
    Attack,
    default_attack,
    parse_attack,
    suite,
)
from robaudit.attacks.corruptions import CORRUPTIONS, corrupted
from robaudit.attacks.curves import accuracy_curves, default_strengths
from robaudit.attacks.run import (
    INTERRUPTED,
    Outcome,
    Targets,
    robust_accuracy,
    robust_accuracy_of_classes,
    run_attack,
    run_attacks,
)
from robaudit.batches import Pace
from robaudit.errors import UsageError
from robaudit.testing import affine_classifier
from robaudit.types import FloatArray, InputSpec
from tests.support.paths import ROOT

random = np.random.default_rng(0)
SHAPE = (1, 6, 6)
WEIGHTS, BIAS = random.normal(0, 1, (36, 2)), random.normal(0, 0.1, 2)
GREY, COLOUR = InputSpec((1, 8, 8), 10), InputSpec((3, 8, 8), 10)


@pytest.fixture
def classifier() -> Classifier:
    """Two classes with a flat boundary between them."""
    return affine_classifier(WEIGHTS, BIAS, SHAPE)


@pytest.fixture
def targets(classifier: Classifier) -> Targets:
    """Samples in the middle of the box, some of them labelled wrong."""
    x = random.uniform(0.45, 0.55, (80, *SHAPE)).astype(np.float32)
    start = classifier.predict(x).argmax(axis=1)
    origin = start.copy()
    origin[:10] = 1 - origin[:10]
    return Targets(x, origin, start, 1.0)


def attack(text: str) -> Attack:
    return parse_attack(text, GREY)


def run(classifier: Classifier, targets: Targets, text: str, seed: int = 0) -> Outcome:
    return run_attack(classifier, targets, attack(text), seed=seed, batch_size=32)


def boundary_distances(targets: Targets, dual: int) -> FloatArray:
    """Distance of each sample from the boundary between the two classes, in closed form.

    The lead of the predicted class over the dual norm of the gap's gradient.
    """
    gap = (
        targets.x.reshape(len(targets.x), -1) @ (WEIGHTS[:, 0] - WEIGHTS[:, 1]) + BIAS[0] - BIAS[1]
    )
    return np.abs(gap) / np.linalg.norm(WEIGHTS[:, 0] - WEIGHTS[:, 1], dual)


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


def test_probabilities_are_attacked_as_the_logits_behind_them(targets: Targets) -> None:
    probabilities = affine_classifier(20 * WEIGHTS, 20 * BIAS, SHAPE, scores="probabilities")
    logits = affine_classifier(20 * WEIGHTS, 20 * BIAS, SHAPE)
    for text in ("deepfool:budget=9", "pgd:epsilon=0.04,step=0.01", "cw-l2:budget=9,steps=50"):
        one, other = run(probabilities, targets, text), run(logits, targets, text)
        assert (one.success != other.success).mean() < 0.05
        both = one.success & other.success & targets.correct
        np.testing.assert_allclose(one.distance[both], other.distance[both], rtol=0.05)


def test_the_nearest_example_is_known_though_it_does_not_count(
    classifier: Classifier, targets: Targets
) -> None:
    outcome = run(classifier, targets, "deepfool:budget=0.0001")
    assert not outcome.success[targets.correct].any()
    expected = boundary_distances(targets, 2)[targets.correct] / 6
    np.testing.assert_allclose(outcome.nearest[targets.correct], expected, rtol=0.03)


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


def test_attacks_that_cannot_be_run_say_why(classifier: Classifier, targets: Targets) -> None:
    black_box = replace(classifier, vjp=None)
    names = [
        result.attack.name
        for result in run_attacks(black_box, targets, suite("full", GREY), seed=0, pace=Pace(80))
        if result.skipped is None
    ]
    assert names == ["uniform-noise", "gaussian-noise", "square", "hopskipjump"]
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
    assert ran == ["uniform-noise", "gaussian-noise", "hopskipjump"]
    reasons = {str(one.skipped) for one in results if one.outcome is None}
    assert len(reasons) == 2
    assert any("labels only" in reason for reason in reasons)
    assert any("needs pictures" in reason for reason in reasons)


@pytest.mark.parametrize("shape", [(9, 7, 1), (9, 7, 3)])
@pytest.mark.parametrize("name", CORRUPTIONS)
def test_corruptions_change_pictures_and_keep_them_pictures(
    name: str, shape: tuple[int, ...]
) -> None:
    pictures = random.uniform(0.2, 0.7, (5, *shape)).astype(np.float32)
    strength = default_attack(name, GREY).parameters
    found = corrupted(pictures, name, strength, np.random.default_rng(0))
    assert found.shape == pictures.shape
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 1
    assert np.abs(found - pictures).mean() > 0.01
    again = corrupted(pictures, name, strength, np.random.default_rng(0))
    np.testing.assert_array_equal(found, again)


def test_corruptions_do_what_they_are_called() -> None:
    step = np.zeros((1, 8, 8, 1), dtype=np.float32)
    step[:, :, 4:] = 0.6
    chance = np.random.default_rng(0)
    assert corrupted(step, "brightness", {"added": 0.2}, chance).min() == pytest.approx(
        0.2, abs=0.01
    )
    faint = corrupted(step, "contrast", {"factor": 0.5}, chance)
    assert faint.max() - faint.min() == pytest.approx(0.3, abs=0.01)
    np.testing.assert_allclose(
        corrupted(step, "rotation", {"degrees": 0}, chance), step, atol=0.003
    )
    blurred = corrupted(step, "blur", {"radius": 1.0}, chance)[0, 4, :, 0]
    assert (np.diff(blurred) >= 0).all()
    assert 0 < blurred[3] < blurred[4] < 0.6
    moved = corrupted(np.ones((30, 20, 20, 1)), "translation", {"share": 0.2}, chance)
    gone = (moved == 0).mean(axis=(1, 2, 3))
    assert 0.1 < gone.mean() < 0.3
    assert gone.max() <= 1 - 0.8**2 + 1e-6


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


def test_curves_agree_with_single_attacks_and_never_rise(
    classifier: Classifier, targets: Targets
) -> None:
    strengths = (0.005, 0.01, 0.02, 0.05)
    curves = {
        curve.name: curve
        for curve in accuracy_curves(classifier, targets, strengths, seed=0, pace=Pace(32))
    }
    for name in ("fgsm", "pgd"):
        values = [one.value or 0.0 for one in curves[name].accuracy]
        assert values == sorted(values, reverse=True)
        for strength, value in zip(strengths, values, strict=True):
            steps = "" if name == "fgsm" else f",step={strength / 30}"
            alone = run(classifier, targets, f"{name}:epsilon={strength}{steps}")
            assert value == robust_accuracy(alone).value
    black_box = accuracy_curves(
        replace(classifier, vjp=None), targets, strengths, seed=0, pace=Pace(32)
    )
    assert [curve.skipped is None for curve in black_box] == [False, False, True, True]


def test_the_catalogue_is_whole() -> None:
    assert SUITES["paper"] == (
        *("fgsm", "cw-l2", "pgd", "bim", "mim", "deepfool"),
        *("uniform-noise", "gaussian-noise"),
    )
    assert set(SUITES["quick"]) == {"fgsm", "pgd", "uniform-noise", "gaussian-noise"}
    for entry in CATALOGUE.values():
        assert entry.source
        assert set(entry.grey) == set(entry.colour)
        assert ("epsilon" in entry.grey) == (entry.norm == "linf")
        assert ("budget" in entry.grey) == (entry.norm == "l2")
    assert default_attack("pgd", GREY).budget == 0.3
    assert default_attack("pgd", COLOUR).budget == pytest.approx(8 / 255)
    assert default_attack("gaussian-noise", GREY).budget == np.inf
    assert default_strengths(GREY) != default_strengths(COLOUR)


def test_the_document_gives_every_budget_and_its_source() -> None:
    document = (ROOT / "docs/attacks.md").read_text(encoding="utf-8")
    norms = {"linf": "L-inf", "l2": "L2", "none": "any"}
    for name, entry in CATALOGUE.items():
        grey, colour = (
            ", ".join(f"{key} {value:.4g}" for key, value in values.items())
            for values in (entry.grey, entry.colour)
        )
        cells = [
            f"`{name}`",
            entry.title,
            norms[entry.norm],
            entry.need,
            grey,
            colour,
            entry.source,
        ]
        assert f"| {' | '.join(cells)} |" in document


@pytest.mark.parametrize(
    "text",
    [
        "",
        "magic",
        "pgd:speed=1",
        "pgd:steps=1.5",
        "pgd:epsilon=",
        "pgd:epsilon=-1",
        "pgd:epsilon=x",
    ],
)
def test_attacks_that_are_none(text: str) -> None:
    with pytest.raises(UsageError, match="attack"):
        parse_attack(text, GREY)


def test_parameters_are_taken() -> None:
    found = parse_attack("pgd:epsilon=4/255,steps=7", COLOUR)
    assert found.parameters["epsilon"] == 4 / 255
    assert found.whole("steps") == 7
    assert found.parameters["step"] == 2 / 255


def test_digits_fall_to_the_suite(digits: Images, digits_model: Classifier) -> None:
    """On a real model stronger attacks leave less than weaker ones, and noise least of all harm."""
    assert digits.labels is not None
    x = digits.unit_pixels(slice(0, 60)).transpose(0, 3, 1, 2)
    start = digits_model.predict(x).argmax(axis=1)
    targets = Targets(x, digits.labels[:60], start, 1.0)
    results = run_attacks(digits_model, targets, suite("quick", GREY), seed=0, pace=Pace(60))
    left = {r.attack.name: robust_accuracy(r.outcome).value or 0 for r in results if r.outcome}
    assert left["pgd"] <= left["fgsm"] < left["uniform-noise"] <= 1
