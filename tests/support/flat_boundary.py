"""Two classes with a flat boundary between them: how far attacks must go is known."""

import numpy as np

from robaudit import Classifier
from robaudit.attacks.catalogue import Attack, parse_attack
from robaudit.attacks.outcome import Outcome, Targets
from robaudit.attacks.run import run_attack
from robaudit.batches import Pace
from robaudit.testing import affine_classifier
from robaudit.types import FloatArray, InputSpec

_random = np.random.default_rng(0)
SHAPE = (1, 6, 6)
WEIGHTS, BIAS = _random.normal(0, 1, (36, 2)), _random.normal(0, 0.1, 2)
GREY, COLOUR = InputSpec((1, 8, 8), 10), InputSpec((3, 8, 8), 10)


def two_classes() -> Classifier:
    """Make the classifier."""
    return affine_classifier(WEIGHTS, BIAS, SHAPE)


def make_targets() -> Targets:
    """Draw samples in the middle of the box, some of them labelled wrong."""
    x = np.random.default_rng(1).uniform(0.45, 0.55, (80, *SHAPE)).astype(np.float32)
    start = two_classes().predict(x).argmax(axis=1)
    origin = start.copy()
    origin[:10] = 1 - origin[:10]
    return Targets(x, origin, start, 1.0)


def attack(text: str) -> Attack:
    return parse_attack(text, GREY)


def run(classifier: Classifier, targets: Targets, text: str, seed: int = 0) -> Outcome:
    return run_attack(classifier, targets, attack(text), seed=seed, pace=Pace(32))


def boundary_distances(targets: Targets, dual: float) -> FloatArray:
    """Distance of each sample from the boundary between the two classes, in closed form.

    The lead of the predicted class over the dual norm of the gap's gradient.
    """
    gap = (
        targets.x.reshape(len(targets.x), -1) @ (WEIGHTS[:, 0] - WEIGHTS[:, 1]) + BIAS[0] - BIAS[1]
    )
    return np.abs(gap) / np.linalg.norm(WEIGHTS[:, 0] - WEIGHTS[:, 1], dual)
