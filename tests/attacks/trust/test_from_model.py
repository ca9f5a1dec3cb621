"""Trust flags: silent on honest models, raised by models made to hide their gradients."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import robaudit
from robaudit import Classifier, Images, InputSpec
from robaudit.attacks.catalogue import Attack, parse_attack
from robaudit.attacks.run import AttackResult, Outcome, Targets, run_attacks
from robaudit.attacks.trust.flag import is_more_than
from robaudit.attacks.trust.from_results import (
    black_box_beats_white_box,
    more_steps_do_not_help,
    noise_beats_gradients,
)
from robaudit.attacks.trust.trust_flags import FLAGS, Flag, trust_flags
from robaudit.batches import Pace
from robaudit.testing import affine_classifier
from robaudit.types import BoolArray, FloatArray

SIDE = 16
PIXELS = SIDE**2
SHAPE = (1, SIDE, SIDE)
SPEC = InputSpec(SHAPE, 3)
LEFT = np.repeat([1.0, -1.0], SIDE // 2)
TEMPLATES = np.stack(
    [np.outer(np.ones(SIDE), LEFT), np.outer(LEFT, np.ones(SIDE)), np.outer(LEFT, LEFT)]
).reshape(3, PIXELS)
"""Orthogonal: the smallest L-inf change from one class to another is that in amplitude."""

ATTACKS = (
    Attack("fgsm", {"epsilon": 0.3}),
    Attack("pgd", {"epsilon": 0.3, "step": 0.04, "steps": 10, "restarts": 1}),
    Attack("uniform-noise", {"epsilon": 0.3}),
    Attack("square", {"epsilon": 0.3, "queries": 60}),
)


def make_targets(amplitude: float = 0.1, count: int = 40) -> Targets:
    """Make pictures of the templates with a little noise: (count, *SHAPE)."""
    random = np.random.default_rng(0)
    y = np.arange(count) % 3
    x = 0.5 + amplitude * TEMPLATES[y] + random.uniform(-0.02, 0.02, (count, PIXELS))
    return Targets(x.reshape(count, *SHAPE).astype(np.float32), y, y, 1.0)


def affine() -> Classifier:
    return affine_classifier(0.05 * TEMPLATES.T, -0.025 * TEMPLATES.sum(axis=1), SHAPE)


def look(
    classifier: Classifier, targets: Targets, attacks: Sequence[Attack] = ATTACKS
) -> dict[str, Flag]:
    pytest.importorskip("art")
    results = run_attacks(classifier, targets, attacks, seed=0, pace=Pace(64))
    found = trust_flags(classifier, targets, results, seed=0, pace=Pace(64))
    assert tuple(flag.name for flag in found) == FLAGS
    for flag in found:
        assert flag.sentence.endswith(".")
        assert all(np.isfinite(value) for value in flag.measured.values())
    return {flag.name: flag for flag in found}


def raised(flags: dict[str, Flag]) -> set[str]:
    return {name for name, flag in flags.items() if flag.raised}


def masked(hide: str, scores: robaudit.types.ScoreKind = "logits") -> Classifier:
    """Open the affine classifier as a network of torch, with something that hides its gradients."""
    torch = pytest.importorskip("torch")
    weights = torch.tensor(0.05 * TEMPLATES.T, dtype=torch.float32)
    waves = torch.tensor(np.random.default_rng(1).normal(size=(PIXELS, 3)), dtype=torch.float32)

    class Network(torch.nn.Module):  # type: ignore[name-defined]
        def forward(self, x: Any) -> Any:
            flat = x.flatten(1)
            if hide == "rounding":
                flat = torch.round(flat * 8) / 8
            logits = (flat - 0.5) @ weights
            if hide == "saturation":
                return torch.softmax(1000 * logits, dim=1)
            if hide == "chance":
                return logits + 0.3 * torch.randn_like(logits)
            if hide == "shattering":
                return logits + 0.002 * torch.sin(20_000 * flat) @ waves
            return logits

    return robaudit.load(Network(), spec=replace(SPEC, scores=scores))


def test_an_honest_network_raises_no_flag() -> None:
    flags = look(masked("nothing"), make_targets())
    assert raised(flags) == set()
    assert all(flag.raised is False for flag in flags.values())


def test_the_demo_raises_no_flag(digits: Images, digits_model: Classifier) -> None:
    pytest.importorskip("torch")
    audit = robaudit.scan(digits_model, digits, plan=robaudit.SearchPlan(40, 2, steps=2))
    targets = Targets(audit.samples.x, audit.origin, audit.start, 1.0)
    assert raised(look(audit.classifier, targets)) == set()


def test_an_affine_model_raises_only_what_is_true_of_it() -> None:
    """One step is the best there is; ten short ones from a random start fall short of it."""
    assert raised(look(affine(), make_targets())) == set()
    flags = look(affine(), make_targets(0.285), ATTACKS[:2])
    assert raised(flags) == {"more-steps-do-not-help", "not-converged"}
    assert flags["more-steps-do-not-help"].measured["difference"] > 0.5
    assert "steps=100" in flags["not-converged"].sentence


def test_rounded_inputs_are_flagged() -> None:
    flags = look(masked("rounding"), make_targets())
    assert {"zero-gradients", "unbounded-attack", "black-box-beats-white-box"} <= raised(flags)
    assert flags["zero-gradients"].measured["zero"] == 1
    assert flags["zero-gradients"].measured["saturated"] == 0
    assert "BPDA" in flags["zero-gradients"].sentence
    assert flags["unbounded-attack"].measured["accuracy"] == 1


def test_a_saturated_softmax_is_flagged() -> None:
    flags = look(masked("saturation", "probabilities"), make_targets())
    assert {"zero-gradients", "unbounded-attack"} <= raised(flags)
    assert flags["zero-gradients"].measured["saturated"] == 1
    assert "give attacks the logits" in flags["zero-gradients"].sentence


def test_saturated_logits_are_flagged() -> None:
    steep = affine_classifier(200 * TEMPLATES.T, -100 * TEMPLATES.sum(axis=1), SHAPE)
    flags = look(steep, make_targets())
    assert {"zero-gradients", "unbounded-attack"} <= raised(flags)
    assert flags["zero-gradients"].measured["saturated"] == 1


def test_shattered_gradients_are_flagged() -> None:
    flags = look(masked("shattering"), make_targets())
    assert {"unbounded-attack", "black-box-beats-white-box"} <= raised(flags)
    assert "zero-gradients" not in raised(flags)


def test_a_randomised_model_is_flagged() -> None:
    flags = look(masked("chance"), make_targets())
    assert "randomised" in raised(flags)
    assert flags["randomised"].measured["share"] == 1


def test_overflowing_gradients_are_flagged() -> None:
    honest = affine()

    def vjp(x: FloatArray, _cotangent: FloatArray) -> FloatArray:
        return np.full_like(x, np.inf)

    flags = look(replace(honest, vjp=vjp), make_targets())
    assert flags["zero-gradients"].raised
    assert flags["zero-gradients"].measured["not_finite"] == 1
    assert "overflows" in flags["zero-gradients"].sentence


def test_few_inputs_are_asked_about() -> None:
    honest, asked = affine(), [0, 0]

    def vjp(x: FloatArray, cotangent: FloatArray) -> FloatArray:
        asked[1] += len(x)
        assert honest.vjp
        return honest.vjp(x, cotangent)

    def predict(x: FloatArray) -> FloatArray:
        asked[0] += len(x)
        return honest.predict(x)

    trust_flags(
        replace(honest, predict=predict, vjp=vjp),
        make_targets(count=300),
        [],
        seed=0,
        pace=Pace(64),
    )
    assert asked[1] == 50 * (1 + 40)
    assert asked[0] <= 50 * (3 + 1 + 2 * 40 + 5)


@pytest.mark.parametrize("without", ["gradients", "scores"])
def test_what_needs_gradients_says_that_there_are_none(without: str) -> None:
    honest = affine()
    blind = (
        replace(honest, vjp=None)
        if without == "gradients"
        else replace(honest, spec=replace(SPEC, scores="labels"))
    )
    flags = look(blind, make_targets(), ATTACKS[2:3])
    for name in ("zero-gradients", "unbounded-attack", "not-converged"):
        assert flags[name].raised is None
        assert flags[name].sentence.startswith("Not checked: it needs")
    assert flags["randomised"].raised is False


def test_nothing_is_checked_without_samples_in_their_class() -> None:
    targets = make_targets()
    wrong = replace(targets, origin=(targets.origin + 1) % 3)
    flags = look(affine(), wrong)
    assert {name for name, flag in flags.items() if flag.raised is None} == {*FLAGS} - {
        "randomised"
    }
    empty = Targets(targets.x[:0], targets.origin[:0], targets.start[:0], 1.0)
    assert all(flag.raised is None for flag in look(affine(), empty, []).values())


def test_a_failing_model_leaves_flags_unchecked() -> None:
    def vjp(_x: FloatArray, _cotangent: FloatArray) -> FloatArray:
        raise RuntimeError("out of gradients")

    flags = look(replace(affine(), vjp=vjp), make_targets(), [])
    for name in ("zero-gradients", "unbounded-attack"):
        assert flags[name].raised is None
        assert "out of gradients" in flags[name].sentence


def result(text: str, success: BoolArray, distance: float | None = None) -> AttackResult:
    """Make up what an attack found; it lies at the whole budget if nothing else is said."""
    attack = parse_attack(text, SPEC)
    far = attack.budget if distance is None else distance
    count = len(success)
    outcome = Outcome(
        success=success,
        distance=np.where(success, far, np.inf),
        examples=np.zeros((count, *SHAPE)),
        adjacent=np.zeros(count, dtype=np.int64),
        nearest=np.where(success, far, np.inf),
        outside=0,
        evaluations=0,
        gradients=0,
        seconds=0.0,
    )
    return AttackResult(attack, outcome)


def first(count: int) -> BoolArray:
    return np.arange(100) < count


def last(count: int) -> BoolArray:
    return np.arange(100) >= 100 - count


HUNDRED = make_targets(count=100)
Compare = Callable[[Targets, Sequence[AttackResult]], Flag]


@pytest.mark.parametrize(
    ("compare", "blind"),
    [
        (black_box_beats_white_box, "square"),
        (noise_beats_gradients, "uniform-noise"),
    ],
)
def test_samples_that_only_blind_attacks_break_are_counted(compare: Compare, blind: str) -> None:
    seeing = [result("fgsm", first(5)), result("pgd", first(40))]
    for count, expected in ((0, False), (5, False), (6, True), (30, True)):
        flag = compare(HUNDRED, [*seeing, result(blind, last(count) | first(20))])
        assert flag.raised is expected
        assert flag.measured == {"share": count / 100, "reverse": 0.2, "samples": 100}


def test_only_equal_norms_and_budgets_are_compared() -> None:
    broken, held = first(50), first(0)
    square = result("square", broken)
    for others in ([], [result("deepfool", held)], [result("fgsm", held)]):
        assert black_box_beats_white_box(HUNDRED, [square, *others]).raised is None
    small = result("pgd:epsilon=0.1", held)
    assert black_box_beats_white_box(HUNDRED, [square, small]).raised is False
    near = result("square", broken, distance=0.1)
    assert black_box_beats_white_box(HUNDRED, [near, small]).raised is True
    jump = [result("hopskipjump", broken), result("cw-l2", held)]
    assert black_box_beats_white_box(HUNDRED, jump).raised is True
    skipped = AttackResult(parse_attack("pgd", SPEC), None, "no gradients")
    assert black_box_beats_white_box(HUNDRED, [square, skipped]).raised is None


def test_misclassified_samples_prove_nothing() -> None:
    start = np.where(first(50), HUNDRED.origin, (HUNDRED.origin + 1) % 3)
    half = replace(HUNDRED, start=start)
    seeing = result("pgd", last(50))
    flag = black_box_beats_white_box(half, [seeing, result("square", first(10) | last(50))])
    assert flag.measured == {"share": 0.2, "reverse": 0.0, "samples": 50}


def test_one_step_beats_many_only_beyond_chance() -> None:
    fgsm = result("fgsm", first(60))
    for count, expected in ((60, False), (56, False), (55, True), (90, False)):
        flag = more_steps_do_not_help(HUNDRED, [fgsm, result("pgd", first(count))])
        assert flag.raised is expected
        assert flag.measured["difference"] == pytest.approx((60 - count) / 100)
    assert not more_steps_do_not_help(HUNDRED, [fgsm, result("bim", last(60))]).raised
    other = result("pgd:epsilon=0.2", first(0))
    assert more_steps_do_not_help(HUNDRED, [fgsm, other]).raised is None


def test_the_exact_binomial_test_is_exact() -> None:
    # P(X >= 1 of 1) = share; P(X >= 2 of 2) = share squared.
    assert is_more_than(0.0499, 1, 1)
    assert not is_more_than(0.0501, 1, 1)
    assert is_more_than(0.2236, 2, 2)
    assert not is_more_than(0.2237, 2, 2)
    assert not is_more_than(0.02, 0, 100)
    assert is_more_than(0.02, 2200, 100_000)
