"""APGD by its two losses: the cross-entropy, and towards each of the likeliest other classes."""

import numpy as np

from robaudit.attacks.batched.apgd import Loss, apgd, random_start
from robaudit.attacks.batched.asking import Asked
from robaudit.attacks.chance import Chance
from robaudit.losses import cross_entropy, cross_entropy_cotangent, one_hot
from robaudit.types import Classifier, FloatArray, IntArray

_SMALLEST = 1e-12


def apgd_on_cross_entropy(
    classifier: Classifier,
    x: FloatArray,
    y: IntArray,
    chance: Chance,
    *,
    epsilon: float,
    steps: int,
    restarts: int,
) -> FloatArray:
    """Climb the cross-entropy from as many random starts, or from x without: like x (n, D)."""
    asked, found, kind = Asked(classifier), x.copy(), classifier.spec.scores
    targets = one_hot(y, asked.classes)
    held = np.arange(len(x))
    for number in range(max(restarts, 1)):
        if not len(held):
            break
        own = targets[held]

        def loss(
            scores: FloatArray, places: IntArray, own: FloatArray = own
        ) -> tuple[FloatArray, FloatArray]:
            taken = own[places]
            slopes = cross_entropy_cotangent(scores, taken, kind)
            return cross_entropy(scores, taken, kind), slopes

        part = chance.take(held).again(number)
        start = random_start(x[held], epsilon, part) if restarts else x[held]
        climbed = apgd(asked, x[held], y[held], loss, start, epsilon=epsilon, steps=steps)
        found[held] = climbed
        held = held[(climbed == x[held]).all(axis=1)]
    return found


def apgd_targeted(
    classifier: Classifier,
    x: FloatArray,
    y: IntArray,
    chance: Chance,
    *,
    epsilon: float,
    steps: int,
    targets: int,
) -> FloatArray:
    """Climb towards the likeliest ``targets`` classes, one after the other: like x (n, D).

    The loss is the targeted one of differences of logits (Croce and Hein, 2020): `targeted_dlr`.
    A sample that fell to one target is not led to the next.
    """
    asked, found = Asked(classifier), x.copy()
    held = np.arange(len(x))
    order = _others_by_likelihood(asked.scores(x), y)
    for number in range(min(targets, asked.classes - 1)):
        if not len(held):
            break
        loss = targeted_dlr(y[held], order[held, number])
        start = random_start(x[held], epsilon, chance.take(held).again(number))
        climbed = apgd(asked, x[held], y[held], loss, start, epsilon=epsilon, steps=steps)
        found[held] = climbed
        held = held[(climbed == x[held]).all(axis=1)]
    return found


def targeted_dlr(y: IntArray, target: IntArray) -> Loss:
    """Make the loss ``(z_target - z_y) / (z_1 - (z_3 + z_4) / 2)`` of sorted logits z_1, z_2, ...

    ``y`` and ``target`` are classes (n,). The divisor makes it free of the scale of logits. Of
    three classes z_3 stands for both; of two there is none, and the divisor is 1.
    """

    def loss(scores: FloatArray, places: IntArray) -> tuple[FloatArray, FloatArray]:
        z = np.nan_to_num(scores.astype(np.float64))
        rows, classes = np.arange(len(z)), z.shape[1]
        above = np.zeros_like(z)
        above[rows, target[places]] += 1
        above[rows, y[places]] -= 1
        below = np.zeros_like(z)
        order = z.argsort(axis=1)[:, ::-1]
        if classes > 2:
            below[rows, order[:, 0]] += 1
            for place in order[:, 2:4].T:
                below[rows, place] -= 1 / min(classes - 2, 2)
        difference = (above * z).sum(axis=1)
        divisor = (below * z).sum(axis=1) + _SMALLEST if classes > 2 else np.ones(len(z))
        slopes = above / divisor[:, None] - below * (difference / divisor**2)[:, None]
        return difference / divisor, slopes

    return loss


def _others_by_likelihood(scores: FloatArray, y: IntArray) -> IntArray:
    """List the classes other than y (n,), the likeliest first: (n, classes - 1)."""
    others = np.nan_to_num(scores.astype(np.float64))
    others[np.arange(len(y)), y] = -np.inf
    return others.argsort(axis=1)[:, :0:-1]
