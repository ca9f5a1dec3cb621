"""FGSM, PGD, BIM and MIM: steps of one size along the gradient of the cross-entropy."""

import numpy as np

from robaudit.attacks.batched.asking import Asked, leads_of
from robaudit.attacks.batched.norms import GEOMETRIES, l1_length, l2_length
from robaudit.attacks.chance import Chance
from robaudit.losses import cross_entropy_cotangent, one_hot
from robaudit.types import Classifier, FloatArray, IntArray

_SMALLEST = 1e-12


def projected_gradient(
    classifier: Classifier,
    x: FloatArray,
    y: IntArray,
    chance: Chance,
    *,
    norm: str,
    budget: float | FloatArray,
    step: float | FloatArray,
    steps: int,
    restarts: int = 0,
    decay: float = 0.0,
    to_the_end: bool = False,
) -> FloatArray:
    """Climb the cross-entropy within ``budget`` of x (n, D) of 0..1, in L-inf or L2: like x.

    ``budget`` and ``step`` are one number, or one for each sample (n,).

    Madry et al. (2018) take ``steps`` along the sign of the gradient (in L2: along it) from as
    many random starts as there are ``restarts``; without, from x, they are those of Kurakin et
    al. (2017), and a single one of the budget is that of Goodfellow et al. (2015). With a
    ``decay`` a step follows the sum of all gradients so far, each of unit L1 length, the older
    the less (Dong et al., 2018). A sample that has left its class y (n,) is done, unless all
    are to go ``to_the_end``, as those that a model is trained on.
    """
    asked, found, held = Asked(classifier), x.copy(), np.arange(len(x))
    budgets, step_sizes = (np.broadcast_to(each, len(x)) for each in (budget, step))
    for number in range(max(restarts, 1)):
        rows, last = held, number + 1 >= restarts
        point = x[rows]
        if restarts:
            point = _start(point, norm, budgets[rows], chance.take(rows).again(number))
        velocity = np.zeros_like(point)
        for _ in range(steps if len(rows) else 0):
            scores, pull = asked.with_pull(point)
            targets = one_hot(y[rows], asked.classes)
            slope = pull(cross_entropy_cotangent(scores, targets, classifier.spec.scores))
            del pull  # what the adapter keeps for it, before the next pass
            left = leads_of(scores, y[rows]).left
            if left.any() and not to_the_end:
                found[rows[left]] = point[left]
                point, velocity, slope = (each[~left] for each in (point, velocity, slope))
                rows = rows[~left]
                if not len(rows):
                    break
            if decay:
                slope = velocity = decay * velocity + _over(slope, l1_length(slope))
            point = _stepped(x[rows], point, slope, norm, budgets[rows], step_sizes[rows])
        found[rows] = point
        held = rows if last or not len(rows) else rows[~asked.leads(point, y[rows]).left]
    return found


def _stepped(
    x: FloatArray,
    point: FloatArray,
    slope: FloatArray,
    norm: str,
    budget: FloatArray,
    step: FloatArray,
) -> FloatArray:
    step = step[:, None].astype(point.dtype)
    if norm == "linf":
        point = point + step * np.sign(slope)
        size = budget[:, None].astype(x.dtype)
        return np.clip(point, np.maximum(x - size, 0), np.minimum(x + size, 1))
    change: FloatArray = point - x + step * _over(slope, l2_length(slope))
    change = GEOMETRIES[norm].project(change, budget)
    return np.clip(x + change, 0, 1)


def _over(slope: FloatArray, length: FloatArray) -> FloatArray:
    return slope / np.maximum(length, _SMALLEST)[:, None].astype(slope.dtype)


def _start(x: FloatArray, norm: str, budget: FloatArray, chance: Chance) -> FloatArray:
    """Draw points of the ball around x (n, D), all as likely as each other: like x."""
    if norm == "linf":
        return np.asarray(np.clip(x + chance.uniform(budget, x.shape[1:]), 0, 1), dtype=x.dtype)
    change: FloatArray = np.zeros(x.shape)
    for row, each in enumerate(chance.of_each()):
        direction = each.normal(size=x.shape[1])
        change[row] = direction * (each.random() ** (1 / x.shape[1]) / np.linalg.norm(direction))
    return np.asarray(np.clip(x + budget[:, None] * change, 0, 1), dtype=x.dtype)
