"""Trust flags that ask the model: raised by models made to hide their gradients."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit.attacks.trust.trust_flags import trust_flags
from robaudit.batches import Pace
from robaudit.testing import affine_classifier
from robaudit.types import FloatArray
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
