"""Attacks that look for the nearest example, against the exact answer on an affine model."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from robaudit.attacks.batched.carlini_wagner import carlini_wagner
from robaudit.attacks.batched.ddn import ddn
from robaudit.attacks.batched.deepfool import deepfool
from robaudit.attacks.batched.fmn import fmn
from robaudit.attacks.batched.norms import GEOMETRIES
from robaudit.attacks.chance import Chance
from robaudit.types import Classifier, FloatArray, IntArray
from tests.support.nearest_affine import SHAPE, nearest_distances, some_classes


def _planes(classifier: Classifier, x: FloatArray, y: IntArray, _chance: Chance) -> FloatArray:
    return deepfool(classifier, x, y, steps=50, overshoot=0.02)


def _weighed(classifier: Classifier, x: FloatArray, y: IntArray, _chance: Chance) -> FloatArray:
    return carlini_wagner(
        *(classifier, x, y), searches=9, steps=60, learning_rate=0.01, confidence=0.0
    )


ATTACKS: list[tuple[str, Callable[..., FloatArray], float, float]] = [
    ("l2", partial(ddn, steps=100), 1.001, 1.01),
    ("l2", partial(fmn, norm="l2", steps=100), 1.001, 1.01),
    ("l1", partial(fmn, norm="l1", steps=100), 1.001, 1.01),
    ("linf", partial(fmn, norm="linf", steps=100), 1.001, 1.01),
    ("l0", partial(fmn, norm="l0", steps=100), 1.0, 2.0),
    ("l2", _planes, 1.01, 1.05),
    ("l2", _weighed, 1.01, 1.05),
]
"""Norm, attack, and how much farther than the nearest point half, and nine in ten, may be."""
IDS = ["ddn", "fmn-l2", "fmn-l1", "fmn-linf", "fmn-l0", "deepfool", "cw-l2"]


@pytest.mark.parametrize(("norm", "attack", "half", "most"), ATTACKS, ids=IDS)
def test_what_is_found_is_the_nearest_point_of_another_class(
    norm: str, attack: Callable[..., FloatArray], half: float, most: float
) -> None:
    classifier, x, y = some_classes()
    found = attack(classifier, x, y, Chance(0, np.arange(len(x))))
    assert found.shape == x.shape
    assert found.min() >= 0
    assert found.max() <= 1
    assert (classifier.predict(found.reshape(-1, *SHAPE)).argmax(axis=1) != y).all()
    ratio = GEOMETRIES[norm].length(found - x) / nearest_distances(x, y, norm)
    assert ratio.min() > 0.999
    assert np.median(ratio) <= half
    assert np.quantile(ratio, 0.9) <= most


@pytest.mark.parametrize("attack", [one[1] for one in ATTACKS], ids=IDS)
def test_a_sample_is_attacked_alike_whatever_stands_beside_it(
    attack: Callable[..., FloatArray],
) -> None:
    classifier, x, y = some_classes()
    rows = np.arange(len(x))
    whole = attack(classifier, x, y, Chance(0, rows))
    some = rows[::-7]
    alone = attack(classifier, x[some], y[some], Chance(0, some))
    np.testing.assert_allclose(alone, whole[some], atol=1e-5)
    assert attack(classifier, x[:0], y[:0], Chance(0, rows[:0])).shape == (0, 36)


@pytest.mark.parametrize("attack", [one[1] for one in ATTACKS], ids=IDS)
def test_without_a_slope_nothing_is_made_up(attack: Callable[..., FloatArray]) -> None:
    classifier, x, _ = some_classes()
    flat = replace(
        classifier,
        predict=lambda points: np.eye(4, dtype=np.float32)[np.zeros(len(points), int)],
        vjp=lambda points, _cotangent: np.full_like(points, np.nan),
    )
    found = attack(flat, x, np.zeros(len(x), dtype=int), Chance(0, np.arange(len(x))))
    np.testing.assert_array_equal(found, x)


def test_what_a_classifier_gives_is_left_as_it_is() -> None:
    """Its gradients may be its own, or not be written to at all."""
    model, x, y = some_classes()
    vjp = model.vjp
    assert vjp is not None

    def read_only(inputs: FloatArray, cotangent: FloatArray) -> FloatArray:
        gradient = vjp(inputs, cotangent)
        gradient.flags.writeable = False
        return gradient

    x = np.round(x)  # at the ends of the box slopes are not counted on
    wanted = deepfool(model, x, y, steps=50, overshoot=0.02)
    found = deepfool(replace(model, vjp=read_only), x, y, steps=50, overshoot=0.02)
    np.testing.assert_array_equal(found, wanted)


def test_planes_are_crossed_by_more_than_rounding_hides() -> None:
    """Scores that are large beside their differences hide what is beyond a plane by a little."""
    classifier, x, y = some_classes()
    vjp = classifier.vjp
    assert vjp is not None
    lifted = replace(
        classifier,
        predict=lambda points: (classifier.predict(points) + 1000).astype(np.float32),
        vjp=partial(vjp),  # which has no pass of its own, and so no scores
    )
    wanted = deepfool(classifier, x, y, steps=1, overshoot=0.02)
    found = deepfool(lifted, x, y, steps=1, overshoot=0.02)
    reached = (wanted != x).any(axis=1)
    assert reached.sum() > 20
    assert (found != x).any(axis=1)[reached].all()
    np.testing.assert_allclose(found[reached], wanted[reached], atol=0.02)
