"""The batched attacks beside those of ART: as many images fall, and to changes as short."""

import numpy as np
import pytest

from robaudit import Classifier, Images
from robaudit.attacks.art_bridge import art_estimator
from robaudit.attacks.batched_attacks import BATCHED_ATTACKS
from robaudit.attacks.catalogue import SUITES, Attack
from robaudit.attacks.outcome import Outcome, Targets
from robaudit.attacks.run import run_attack
from robaudit.batches import Pace
from robaudit.types import FloatArray
from tests.support.art_reference import found_by_art
from tests.support.flat_boundary import attack

BOUNDED = [
    *("fgsm:epsilon=0.05", "fgsm:epsilon=0.15"),
    *("pgd:epsilon=0.05,step=0.005", "pgd:epsilon=0.1,steps=20"),
    *("bim:epsilon=0.05,step=0.01", "mim:epsilon=0.05,step=0.01"),
    *("pgd-l2:budget=0.3,step=0.03", "square:epsilon=0.08,queries=150"),
]
NEAREST = ["deepfool:budget=9", "cw-l2:budget=9,searches=4,steps=20"]


def digits_of(digits: Images, model: Classifier, count: int) -> Targets:
    """Take the first digits that a model gets right."""
    assert digits.labels is not None
    x, y = digits.unit_pixels(slice(0, 300)).transpose(0, 3, 1, 2), digits.labels[:300]
    right = np.flatnonzero(model.predict(x).argmax(axis=1) == y)[:count]
    assert len(right) == count
    return Targets(x[right], y[right], y[right], 1.0)


def lengths(model: Classifier, targets: Targets, found: FloatArray, norm: str) -> FloatArray:
    """Tell how far examples lie, infinitely where they are of no other class: (n,)."""
    change = (found - targets.x).reshape(len(found), -1)
    far = np.linalg.norm(change, np.inf if norm == "linf" else 2, axis=1)
    left = model.predict(found).argmax(axis=1) != targets.origin
    return np.where(left, far, np.inf)


def beside_art(
    digits: Images, model: Classifier, text: str, count: int
) -> tuple[Attack, Outcome, FloatArray]:
    """Run an attack on digits; give what came of it, and how far ART's examples lie: (n,)."""
    targets, one = digits_of(digits, model, count), attack(text)
    ours = run_attack(model, targets, one, seed=0, pace=Pace(100))
    theirs = found_by_art(one, art_estimator(model), targets.x, targets.origin)
    return one, ours, lengths(model, targets, theirs, one.norm)


@pytest.mark.parametrize("text", BOUNDED)
def test_within_a_budget_as_many_fall_as_to_art(
    digits: Images, digits_model: Classifier, text: str
) -> None:
    one, ours, far = beside_art(digits, digits_model, text, 100)
    fell = far <= one.budget + 1e-5
    assert fell.sum() > 2
    more = 8 if one.name == "square" else 2  # chance leads to others
    assert fell.sum() - 2 <= ours.success.sum() <= fell.sum() + more


@pytest.mark.parametrize("text", NEAREST)
def test_what_is_nearest_lies_no_farther_than_that_of_art(
    digits: Images, digits_model: Classifier, text: str
) -> None:
    _, ours, far = beside_art(digits, digits_model, text, 50)
    assert ours.success.sum() >= np.isfinite(far).sum() - 1
    both = ours.success & np.isfinite(far)
    assert both.sum() > 20
    assert np.median(ours.distance) <= 1.02 * np.median(far)
    assert np.median(ours.distance[both] / far[both]) <= 1.02


def test_adversaries_of_the_paper_need_no_library() -> None:
    noise = {"uniform-noise", "gaussian-noise"}
    assert set(SUITES["paper"]) - noise <= BATCHED_ATTACKS.keys()
