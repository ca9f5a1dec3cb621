"""Rays along gradients of the scores: the shortest ways out of a class that a model knows of.

Along random directions the boundary is far away, along gradients it is near: it is walked
to in finer steps.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from robaudit.batches import slices
from robaudit.errors import ClassifierError
from robaudit.predicting import checked, failing_as, points_on_rays, predict_classes, score_scale
from robaudit.search.directions import rms
from robaudit.search.plan import SearchPlan
from robaudit.types import (
    Classifier,
    FloatArray,
    InputSpec,
    IntArray,
    Progress,
    ScoreKind,
    VectorJacobianProduct,
    no_progress,
    why_no_gradients,
)

FINER = 8
"""So many steps are taken for each of the plan's."""


@dataclass(frozen=True)
class GradientRays:
    """Rays that leave the class of their sample, each along a direction of its own.

    ``sample`` (n,) counts in the samples given, ``directions`` (n, *shape) are of unit RMS;
    ``margin`` (n,) is where the ray is first seen in another class, in RMS units.
    """

    sample: IntArray
    directions: FloatArray
    margin: FloatArray


def check_gradients(classifier: Classifier) -> VectorJacobianProduct:
    """Give a classifier's ``vjp``.

    Raises ClassifierError, with the reason, where it has no gradients of its scores.
    """
    if classifier.vjp is not None and classifier.spec.scores != "labels":
        return classifier.vjp
    why = why_no_gradients(classifier)
    asked_for = f"examples along gradients of {classifier.name}, which has none"
    raise ClassifierError(
        f"{asked_for}: {why}" if why else asked_for,
        expected="a model with gradients",
        advice="Leave out `gradient_directions`.",
    )


def find_gradient_rays(
    classifier: Classifier,
    x: FloatArray,
    label: IntArray,
    count: int | IntArray,
    plan: SearchPlan,
    *,
    batch_size: int,
    progress: Progress = no_progress,
) -> GradientRays:
    """Walk from samples x (n, *shape) out of their classes ``label`` (n,) along gradients.

    There are up to ``count`` rays of each sample (one number, or one for each): towards
    its next-best classes, best first, along the gradient at the sample of that class's
    score less that of its label. A ray that is in no other class within the plan's reach
    is left out, and so is a gradient that is zero.

    Raises ClassifierError for a classifier without gradients.
    """
    vjp, spec = check_gradients(classifier), classifier.spec
    classifier = checked(classifier)
    counts = np.broadcast_to(count, len(x))
    samples, directions = [np.zeros(0, dtype=np.int64)], [np.zeros((0, *x.shape[1:]), np.float32)]
    for part in slices(len(x), batch_size):
        scores = classifier.predict(x[part])
        with failing_as(f"the gradient of {classifier.name}", expected="gradients"):
            ways = [
                _unit(vjp(x[part], cotangent), spec)
                for cotangent in _cotangents(scores, label[part], int(counts.max()), spec.scores)
            ]
        # The rays of one sample come one after the other.
        towards = np.stack(ways, axis=1)
        usable = np.isfinite(towards).all(axis=tuple(range(2, towards.ndim)))
        usable &= np.arange(len(ways)) < counts[part, None]
        samples.append(part.start + np.nonzero(usable)[0])
        directions.append(towards[usable])
    rays = GradientRays(np.concatenate(samples), np.concatenate(directions), np.zeros(0))
    if not len(rays.sample):
        return rays
    scale = score_scale(classifier.predict, x, batch_size)
    margin = _walk(classifier, x, label, rays, plan, scale, batch_size, progress)
    left = np.isfinite(margin)
    return GradientRays(rays.sample[left], rays.directions[left], margin[left])


def _cotangents(
    scores: FloatArray, label: IntArray, count: int, kind: ScoreKind
) -> Iterator[FloatArray]:
    """Give what scores (n, classes) less those of labels (n,) have gradients along.

    One (n, classes) for each of the ``count`` next-best classes, where there are so many.
    Of probabilities it is that of their logarithms, as of the logits behind them: near a
    probability of 1 all others have much the same gradient. It is scaled by the smaller
    of the two, which could not be divided by.
    """
    order = np.argsort(-scores, axis=1, kind="stable")
    others = order[order != label[:, None]].reshape(len(scores), -1)
    row = np.arange(len(scores))
    for other in others.T[:count]:
        cotangent = np.zeros(scores.shape, dtype=np.float32)
        cotangent[row, other] = 1
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = scores[row, other] / scores[row, label] if kind == "probabilities" else 1
        cotangent[row, label] = -ratio
        yield cotangent


def _unit(gradient: FloatArray, spec: InputSpec) -> FloatArray:
    """Scale gradients (n, *shape) to unit RMS; no numbers where one is zero, or none itself."""
    size = rms(gradient, spec.high - spec.low).reshape(-1, *[1] * (gradient.ndim - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(gradient.astype(np.float64) / size).astype(np.float32)


def _walk(
    classifier: Classifier,
    x: FloatArray,
    label: IntArray,
    rays: GradientRays,
    plan: SearchPlan,
    scale: float,
    batch_size: int,
    progress: Progress,
) -> FloatArray:
    """Tell how far out each ray is first seen in another class: (n,), infinite for never."""
    spec, sample = classifier.spec, rays.sample
    low, high = (spec.low, spec.high) if plan.clip else (-np.inf, np.inf)
    margin, walking = np.full(len(sample), np.inf), np.arange(len(sample))
    for number in range(1, plan.steps * FINER + 1):
        distance = number * (plan.step / FINER)
        for part in slices(len(walking), batch_size):
            ray = walking[part]
            far = np.full(len(ray), distance)
            points = points_on_rays(x[sample[ray]], rays.directions[ray], far, low, high)
            there = predict_classes(classifier.predict, points, scale)
            margin[ray[there != label[sample[ray]]]] = distance
        walking = walking[np.isinf(margin[walking])]
        progress("gradient rays", len(sample) - len(walking), len(sample))
        if not len(walking):
            break
    progress("gradient rays", len(sample), len(sample))
    return margin
