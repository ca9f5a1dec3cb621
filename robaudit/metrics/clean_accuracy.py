"""Accuracy on unchanged images: how often a model is right, overall and in each class."""

from dataclasses import dataclass

import numpy as np

from robaudit.batches import Pace, inputs_in_block, slices
from robaudit.predicting import SCALE_INPUTS, predict_classes, score_scale
from robaudit.preprocessing.prepare import Prepared
from robaudit.stats.bounded import share_interval
from robaudit.types import Estimate, IntArray


@dataclass(frozen=True)
class CleanAccuracy:
    """Accuracy on all images of the split, and on those of each class: no number without labels."""

    overall: Estimate
    per_class: tuple[Estimate, ...]


def predict_all(prepared: Prepared, pace: Pace) -> tuple[IntArray, float]:
    """Predict the class of every image, (n,), and tell how large scores usually are."""
    total, predict = len(prepared.images), prepared.classifier.predict
    scale = pace.blocks.done(
        "clean-accuracy",
        float,
        lambda: score_scale(predict, prepared.inputs(slice(SCALE_INPUTS)), pace.batch_size),
    )
    predicted = np.empty(total, dtype=np.int64)
    for block in slices(total, inputs_in_block(prepared.classifier.spec)):

        def predict_block(block: slice = block) -> IntArray:
            classes = []
            for part in slices(block.stop - block.start, pace.batch_size):
                rows = slice(block.start + part.start, block.start + part.stop)
                classes.append(predict_classes(predict, prepared.inputs(rows), scale))
                pace.progress("clean accuracy", rows.stop, total)
            return np.concatenate(classes)

        rows = (block.start, block.stop)
        predicted[block] = pace.blocks.done("clean-accuracy", IntArray, predict_block, rows=rows)
    return predicted, scale


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
