"""A public network with published errors under attack, and a proof: what is found agrees.

mnist-convex-adv is the MNIST network of Wong and Kolter ("Provable defenses", 2018), whose
repository gives its errors on all test images: 1.8 % as they are, 3.9 % under FGSM and 4.1 % under
PGD with a budget of 0.1, and at most 5.8 % under any attack within it, which they prove.
"""

from pathlib import Path

import numpy as np
import pytest

import robaudit
from robaudit import OpenOptions, PreprocessingRequest
from tests.support.paths import ROOT

PROVEN = 0.058
ROUNDED = 0.0005
IMAGES = 10_000


def errors(shared: Path, *attacks: str) -> list[float]:
    """Give the error on all test images as they are, then under each attack."""
    options = OpenOptions(
        factory=f"{ROOT / 'tests/support/networks.py'}:mnist_convex", image_shape=(28, 28, 1)
    )
    attacked = robaudit.attack_images(
        robaudit.load(shared / "models" / "mnist-convex-adv.pth", options),
        robaudit.read_images(shared / "data" / "mnist.npz", split="test"),
        attacks,
        preprocessing=PreprocessingRequest((0.0,), (1.0,)),
    )
    targets = attacked.targets
    assert len(targets.x) == IMAGES
    outcomes = [result.outcome for result in attacked.results]
    return [
        float(np.mean(~targets.correct)),
        *(float(outcome.success.mean()) for outcome in outcomes if outcome is not None),
    ]


def test_clean_error_and_that_under_fgsm_are_as_published(shared: Path) -> None:
    clean, fgsm = errors(shared, "fgsm:epsilon=0.1")
    assert clean == pytest.approx(0.018, abs=ROUNDED)
    assert fgsm == pytest.approx(0.039, abs=ROUNDED)


@pytest.mark.slow
def test_pgd_finds_what_is_published_and_nothing_finds_more_than_is_proven(shared: Path) -> None:
    _, pgd, apgd = errors(shared, "pgd:epsilon=0.1,step=0.01,steps=40", "apgd:epsilon=0.1")
    assert pgd == pytest.approx(0.041, abs=0.001)
    assert pgd <= apgd + 2 / IMAGES
    assert max(pgd, apgd) <= PROVEN + ROUNDED
