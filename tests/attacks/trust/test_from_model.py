"""Trust flags that ask the model: raised by models made to hide their gradients."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit import SearchPlan, images_from_arrays, scan
from robaudit.attacks.outcome import Targets
from robaudit.attacks.trust.trust_flags import trust_flags
from robaudit.batches import Pace
from robaudit.testing import affine_classifier
from robaudit.types import FloatArray, Logits
from tests.support.masked_models import (
    ATTACKS,
    SHAPE,
    SPEC,
    TEMPLATES,
    affine,
    look,
    make_targets,
    masked,
    raised,
)


def test_rounded_inputs_are_flagged() -> None:
    flags = look(masked("rounding"), make_targets())
    assert {"zero-gradients", "unbounded-attack", "black-box-beats-white-box"} <= raised(flags)
    assert flags["zero-gradients"].measured["zero"] == 1
    assert flags["zero-gradients"].measured["saturated"] == 0
    assert "BPDA" in flags["zero-gradients"].sentence
    assert flags["unbounded-attack"].measured["accuracy"] == 1


def test_a_saturated_softmax_is_flagged() -> None:
    flags = look(replace(masked("saturation", "probabilities"), logits=None), make_targets())
    assert {"zero-gradients", "unbounded-attack"} <= raised(flags)
    assert flags["zero-gradients"].measured["saturated"] == 1
    assert "Give attacks the logits" in flags["zero-gradients"].sentence


def test_saturated_logits_are_attacked_as_if_they_were_not() -> None:
    """Their cross-entropy is 0 in float32 on every sample; divided by a number it is not."""
    steep = affine_classifier(2000 * TEMPLATES.T, -1000 * TEMPLATES.sum(axis=1), SHAPE)
    flags = look(steep, make_targets())
    assert raised(flags) == raised(look(affine(), make_targets())) == set()
    assert flags["zero-gradients"].measured["zero"] == 0


def test_a_saturated_softmax_is_attacked_at_its_logits() -> None:
    """By those that the adapter finds, and by those that anyone offers."""
    saturated, steep = masked("saturation", "probabilities"), 1000 * 0.05 * TEMPLATES.T
    behind = affine_classifier(steep, -0.5 * steep.sum(axis=0), SHAPE)
    assert behind.vjp is not None
    assert saturated.logits is not None
    for logits in (saturated.logits, Logits(behind.predict, behind.vjp)):
        assert raised(look(replace(saturated, logits=logits), make_targets())) == set()


def test_gradients_that_are_used_no_more_since_they_are_zero_raise_the_flag() -> None:
    """Not merely unchecked: that there is no slope is known."""
    model, targets = masked("rounding"), make_targets()
    images = images_from_arrays(targets.x[:, 0], targets.origin, pixel_range=(0, 1))
    audit = scan(model, images, plan=SearchPlan(20, 2, steps=2))
    assert audit.classifier.vjp is None
    searched = Targets(audit.samples.x, audit.origin, audit.start, 1.0)
    flag = look(audit.classifier, searched, ATTACKS[2:])["zero-gradients"]
    assert flag.raised
    assert "rounding or thresholds" in flag.sentence
    assert flag.measured["zero_inputs"] == len(images)


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
