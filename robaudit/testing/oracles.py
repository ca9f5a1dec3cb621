"""Classifiers whose boundaries are known exactly, to test searches and adapters against."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from robaudit.batches import resumable_batches
from robaudit.losses import cross_entropy_cotangent, one_hot
from robaudit.predicting import refuse_other_weights
from robaudit.search.plan import SearchPlan
from robaudit.search.rays import NONE
from robaudit.types import (
    Classifier,
    FloatArray,
    InputSpec,
    IntArray,
    NamedArrays,
    ScoreKind,
    State,
    TrainPlan,
    Weights,
)


def affine_classifier(
    weights: FloatArray, bias: FloatArray, shape: tuple[int, ...], scores: ScoreKind = "logits"
) -> Classifier:
    """Make the classifier with logits ``x @ weights + bias``; it can be all that one can be.

    ``weights`` is (D, classes), ``bias`` (classes,), D the size of ``shape``.
    ``scores`` says what it gives: logits, probabilities or log-probabilities. Its
    gradients are exact, ``train`` descends the mean cross-entropy, and ``save``
    writes what `load_affine` reads.
    """
    spec = InputSpec(shape, len(bias), scores)

    def predict(x: FloatArray) -> FloatArray:
        logits = np.asarray(x.reshape(len(x), len(weights)) @ weights + bias)
        if scores == "logits":
            return logits
        shifted = logits - logits.max(axis=1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return np.asarray(np.exp(logs) if scores == "probabilities" else logs)

    def vjp(x: FloatArray, cotangent: FloatArray) -> FloatArray:
        return np.asarray(_through_softmax(predict(x), cotangent, scores) @ weights.T).reshape(
            x.shape
        )

    def train(x: FloatArray, y: IntArray, plan: TrainPlan) -> Classifier:
        new_weights, new_bias, targets = weights.copy(), bias.copy(), one_hot(y, len(bias))

        def take() -> State:
            return State({"weights": new_weights, "bias": new_bias})

        def put(state: State) -> None:
            nonlocal new_weights, new_bias
            new_weights, new_bias = state.arrays["weights"], state.arrays["bias"]

        usual, rate = plan.learning_rate or plan.default_learning_rate or 0.1, 1.0

        def set_rate(factor: float) -> None:
            nonlocal rate
            rate = factor

        for epoch, batches in resumable_batches(len(x), plan, take, put, set_rate):
            for rows in batches:
                inputs = x[rows]
                if plan.perturb:
                    inputs = plan.perturb(
                        affine_classifier(new_weights, new_bias, shape, scores), inputs, y[rows]
                    )
                logits = affine_classifier(new_weights, new_bias, shape).predict(inputs)
                slope = usual * rate / len(inputs)
                error = slope * cross_entropy_cotangent(logits, targets[rows], "logits")
                # New arrays, not changed ones: a classifier of this moment must stay as it is.
                new_weights = new_weights - inputs.reshape(len(inputs), len(weights)).T @ error
                new_bias = new_bias - error.sum(axis=0)
            if plan.after_epoch:
                plan.after_epoch(epoch, affine_classifier(new_weights, new_bias, shape, scores))
        return affine_classifier(new_weights, new_bias, shape, scores)

    def put_weights(arrays: NamedArrays, _x: FloatArray) -> Classifier:
        refuse_other_weights(arrays, {"weights": weights.shape, "bias": bias.shape})
        return affine_classifier(arrays["weights"], arrays["bias"], shape, scores)

    def save(path: Path) -> None:
        with path.open("wb") as file:
            np.savez(file, weights=weights, bias=bias, shape=shape, scores=scores)

    digest = hashlib.sha256(repr((shape, scores)).encode())
    digest.update(np.ascontiguousarray(weights).tobytes() + np.ascontiguousarray(bias).tobytes())
    return Classifier(
        "affine",
        spec,
        predict,
        digest.hexdigest(),
        vjp=vjp,
        train=train,
        save=save,
        weights=Weights(lambda: {"weights": weights.copy(), "bias": bias.copy()}, put_weights),
    )


def load_affine(path: Path) -> Classifier:
    """Read what an affine classifier saved."""
    with np.load(path) as saved:
        scores: Any = saved["scores"].item()
        return affine_classifier(
            saved["weights"], saved["bias"], tuple(saved["shape"].tolist()), scores
        )


def _through_softmax(values: FloatArray, cotangent: FloatArray, scores: ScoreKind) -> FloatArray:
    """Bring a cotangent of scores (n, classes) back to one of the logits behind them."""
    if scores == "logits":
        return cotangent
    if scores == "probabilities":
        return np.asarray(values * (cotangent - (values * cotangent).sum(axis=1, keepdims=True)))
    return np.asarray(cotangent - np.exp(values) * cotangent.sum(axis=1, keepdims=True))


def affine_distances(
    weights: FloatArray, bias: FloatArray, x: FloatArray, origin: IntArray, directions: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Distance to the boundary of an affine classifier along rays, in closed form.

    From each of ``x`` (S, D) in class ``origin`` (S,) along each of ``directions``
    (K, D), unclipped: the smallest t > 0 at which another class's score reaches
    that of the origin, infinite where none does, and that class, -1 for none.
    Both are (S, K).
    """
    scores = x @ weights + bias
    lead = np.take_along_axis(scores, origin[:, None], axis=1) - scores
    slopes = directions @ weights
    closing = slopes[None, :, :] - slopes[:, origin].T[:, :, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.where(closing > 0, lead[:, None, :] / closing, np.inf)
    nearest = distance.argmin(axis=2)
    reached = np.take_along_axis(distance, nearest[..., None], axis=2)[..., 0]
    return reached, np.where(np.isfinite(reached), nearest, NONE)


def striped_classifier(
    direction: FloatArray, width: float, classes: int, shape: tuple[int, ...]
) -> Classifier:
    """Make a classifier of parallel stripes; rays may leave a class and enter it again.

    The class of x is the number of whole ``width``s in ``place``, modulo
    ``classes``, where ``place`` is the RMS length of x along ``direction`` (D,),
    which is of unit RMS: see `stripe_of`.
    """
    phase = 2 * np.pi * (np.arange(classes) + 0.5) / classes

    def predict(x: FloatArray) -> FloatArray:
        turns = 2 * np.pi * stripe_place(direction, x.reshape(len(x), -1)) / (width * classes)
        return np.cos(turns[:, None] - phase)

    return Classifier("striped", InputSpec(shape, classes), predict)


def stripe_place(direction: FloatArray, x: FloatArray) -> FloatArray:
    """RMS length of x (n, D) along a direction (D,) of unit RMS: (n,)."""
    return np.asarray(x @ direction / len(direction))


def stripe_of(direction: FloatArray, width: float, classes: int, x: FloatArray) -> IntArray:
    """Class of each x (n, D) under `striped_classifier`: (n,)."""
    place = stripe_place(direction, x)
    return np.asarray(np.floor(place / width).astype(np.int64) % classes)


def walk_slowly(
    classifier: Classifier,
    x: FloatArray,
    origin: IntArray,
    directions: FloatArray,
    plan: SearchPlan,
) -> tuple[IntArray, IntArray]:
    """Walk every ray one input at a time, in float64: step and adjacent class, each (R,).

    The plainest possible search, in the order of `robaudit.search.boundary_search.Rays`, to
    compare faster ones with.
    """
    steps, adjacent = [], []
    spec = classifier.spec
    for sample, reference in zip(x.astype(np.float64), origin, strict=True):
        for direction in directions.astype(np.float64):
            for sign in (1, -1)[: plan.signs]:
                step, reached = NONE, NONE
                for trial in range(plan.steps + 1):
                    point = sample + sign * trial * plan.step * direction
                    if plan.clip:
                        point = np.clip(point, spec.low, spec.high)
                    predicted = int(classifier.predict(point[np.newaxis]).argmax())
                    if predicted != reference:
                        step, reached = trial, predicted
                        break
                steps.append(step)
                adjacent.append(reached)
    return np.array(steps), np.array(adjacent)
