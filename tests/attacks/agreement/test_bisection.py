"""Examples drawn in to the boundary of an affine model."""

import numpy as np

from robaudit.attacks.agreement.bisection import bisect_towards
from robaudit.attacks.outcome import Targets
from robaudit.testing import affine_classifier
from tests.support.agreements import affine_case


def test_examples_are_drawn_in_to_the_boundary() -> None:
    """Along one direction of an affine model the share needed is known: lead over slope."""
    weights, bias, x, y = affine_case()
    classifier = affine_classifier(weights, bias, (1, 8, 8))
    pictures = x.reshape(60, 1, 8, 8)
    targets = Targets(pictures, y, y, 1.0)
    rows = np.arange(0, 60, 2)
    other = (y[rows] + 1) % 4
    change = (0.5 * np.sign(weights[:, other] - weights[:, y[rows]]).T).astype(np.float32)
    direction = weights.T[other] - weights.T[y[rows]]
    lead = (x @ weights + bias)[rows, y[rows]] - (x @ weights + bias)[rows, other]
    needed = lead / (direction * change).sum(axis=1)
    assert (needed < 1).all()
    examples = pictures[rows] + change.reshape(-1, 1, 8, 8)
    found = bisect_towards(classifier, targets, rows, examples, batch_size=7)
    assert (found <= needed + 1 / 256 + 1e-6).all()  # a third class may come before the other
    points = x[rows] + found[:, None] * change
    assert ((points @ weights + bias).argmax(axis=1) != y[rows]).all()
    before = x[rows] + (found - 1 / 256)[:, None] * change
    assert ((before @ weights + bias).argmax(axis=1) == y[rows]).all()
