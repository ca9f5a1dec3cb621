"""Rays along gradients of the scores: the shortest ways out of a class that a model knows of.

Along random directions the boundary is far away, along gradients it is near: it is walked
to in finer steps.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from robaudit.batches import Blocks, all_there, inputs_in_block, slices
from robaudit.errors import ClassifierError
from robaudit.losses import at_logits
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
_POINTS = 8
"""About so many points of a ray are evaluated, since along a gradient the boundary is near."""


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
    blocks: Blocks | None = None,
) -> GradientRays:
    """Walk from samples x (n, *shape) out of their classes ``label`` (n,) along gradients.

    There are up to ``count`` rays of each sample (one number, or one for each): towards
    its next-best classes, best first, along the gradient at the sample of that class's
    score less that of its label. A ray that is in no other class within the plan's reach
    is left out, and so is a gradient that is zero. ``blocks`` tell the classifier from others;
    the rays of samples that they have kept are not walked again.

    Raises ClassifierError for a classifier without gradients, Stopped where the work is to stop.
    """
    sloping, spec = checked(at_logits(classifier)), classifier.spec
    check_gradients(sloping)
    classifier, blocks = checked(classifier), blocks or Blocks()
    if not len(x):
        nowhere = np.zeros((0, *x.shape[1:]), np.float32)
        return GradientRays(np.zeros(0, np.int64), nowhere, np.zeros(0))
    counts = np.broadcast_to(count, len(x)).astype(np.int64)
    scale = score_scale(classifier.predict, x, batch_size)
    most = max(1, int(counts.max()))
    parts = list(slices(len(x), max(1, inputs_in_block(spec) // (_POINTS * most))))

    def task(number: int) -> tuple[Callable[[], GradientRays], Mapping[str, Any]]:
        progress("gradient rays", parts[number].start, len(x))
        some = x[parts[number]], label[parts[number]].astype(np.int64), counts[parts[number]]
        do = partial(_find, classifier, sloping, *some, plan, scale, batch_size)
        return do, {"samples": some, "plan": plan, "scale": scale}

    found = all_there(blocks.each("gradient-rays", GradientRays, len(parts), task))
    progress("gradient rays", len(x), len(x))
    return GradientRays(
        np.concatenate([part.start + one.sample for part, one in zip(parts, found, strict=True)]),
        np.concatenate([one.directions for one in found]),
        np.concatenate([one.margin for one in found]),
    )


def _find(
    classifier: Classifier,
    sloping: Classifier,
    x: FloatArray,
    label: IntArray,
    counts: IntArray,
    plan: SearchPlan,
    scale: float,
    batch_size: int,
) -> GradientRays:
    """Find the rays of some samples, along the gradients of a classifier ``sloping``."""
    spec, kind, vjp = classifier.spec, sloping.spec.scores, check_gradients(sloping)
    samples, directions = [np.zeros(0, dtype=np.int64)], [np.zeros((0, *x.shape[1:]), np.float32)]
    for part in slices(len(x), batch_size):
        scores = sloping.predict(x[part])
        with failing_as(f"the gradient of {classifier.name}", expected="gradients"):
            ways = [
                _unit(vjp(x[part], cotangent), spec)
                for cotangent in _cotangents(scores, label[part], int(counts.max()), kind)
            ]
        # The rays of one sample come one after the other.
        towards = np.stack(ways, axis=1)
        usable = np.isfinite(towards).all(axis=tuple(range(2, towards.ndim)))
        usable &= np.arange(len(ways)) < counts[part, None]
        samples.append(part.start + np.nonzero(usable)[0])
        directions.append(towards[usable])
    rays = GradientRays(np.concatenate(samples), np.concatenate(directions), np.zeros(0))
    margin = _walk(classifier, x, label, rays, plan, scale, batch_size)
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
        if not len(walking):
            break
    return margin
