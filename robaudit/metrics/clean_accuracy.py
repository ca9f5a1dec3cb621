"""Accuracy on unchanged images: how often a model is right, overall and in each class."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from robaudit.batches import Pace, inputs_in_block, slices
from robaudit.predicting import SCALE_INPUTS, predict_classes, score_scale
from robaudit.preprocessing.prepare import Prepared
from robaudit.stats.bounded import share_interval
from robaudit.types import Estimate, IntArray

UNKNOWN = -1
"""In the place of a class that another share of a run predicts."""


@dataclass(frozen=True)
class CleanAccuracy:
    """Accuracy on all images of the split, and on those of each class: no number without labels."""

    overall: Estimate
    per_class: tuple[Estimate, ...]


def predict_all(prepared: Prepared, pace: Pace) -> tuple[IntArray, float]:
    """Predict the class of every image, (n,), and tell how large scores usually are.

    In one share of a run the class of images that another predicts is `UNKNOWN`. Where there are
    no labels samples are chosen by the predictions, so that every share needs all of them.
    """
    total, predict = len(prepared.images), prepared.classifier.predict
    scale = pace.blocks.done(
        "clean-accuracy",
        float,
        lambda: score_scale(predict, prepared.inputs(slice(SCALE_INPUTS)), pace.batch_size),
    )
    parts = list(slices(total, inputs_in_block(prepared.classifier.spec)))

    def task(number: int) -> tuple[Callable[[], IntArray], Mapping[str, Any]]:
        part = parts[number]

        def few(some: slice) -> slice:
            rows = slice(part.start + some.start, part.start + some.stop)
            pace.progress("clean accuracy", rows.stop, total)
            return rows

        count, rows = part.stop - part.start, (part.start, part.stop)
        return lambda: _predicted(prepared, count, few, scale, pace), {"rows": rows}

    blocks = pace.blocks if prepared.images.labels is not None else pace.blocks.not_shared()
    predicted = np.full(total, UNKNOWN)
    for part, found in zip(
        parts, blocks.each("clean-accuracy", IntArray, len(parts), task), strict=True
    ):
        if found is not None:
            predicted[part] = found
    return predicted, scale


def predict_samples(
    prepared: Prepared, predicted: IntArray, rows: IntArray, scale: float, pace: Pace
) -> IntArray:
    """Give the predictions of all images (n,) with those of some rows (m,), which are needed.

    ``predicted`` (n,) are those that there are.
    """
    missing = rows[predicted[rows] == UNKNOWN]
    if not len(missing):
        return predicted
    predicted = predicted.copy()
    predicted[missing] = pace.blocks.done(
        "clean-accuracy",
        IntArray,
        lambda: _predicted(prepared, len(missing), lambda some: missing[some], scale, pace),
        rows=missing,
    )
    return predicted


def _predicted(
    prepared: Prepared,
    count: int,
    few: Callable[[slice], IntArray | slice],
    scale: float,
    pace: Pace,
) -> IntArray:
    """Predict the classes (``count``,) of images; ``few`` gives the rows of some of them."""
    predict = prepared.classifier.predict
    parts = [
        predict_classes(predict, prepared.inputs(few(some)), scale)
        for some in slices(count, pace.batch_size)
    ]
    return np.concatenate(parts)


def clean_accuracy(predicted: IntArray, labels: IntArray | None, classes: int) -> CleanAccuracy:
    """Give the accuracy of predictions (n,), of labels (n,) where there are any."""
    if labels is None:
        nothing = Estimate(None, None, None)
        return CleanAccuracy(nothing, (nothing,) * classes)
    correct = predicted == labels
    totals = np.bincount(labels, minlength=classes).tolist()
    rights = np.bincount(labels[correct], minlength=classes).tolist()
    return CleanAccuracy(
        share_interval(int(correct.sum()), len(labels)),
        tuple(share_interval(*pair) for pair in zip(rights, totals, strict=True)),
    )
