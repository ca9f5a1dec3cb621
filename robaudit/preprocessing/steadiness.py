"""Whether a model gives the same answers when it is asked again.

Dropout that was exported in training mode, or anything else that draws random numbers, makes
each figure of an audit another one each time.
"""

from dataclasses import dataclass

import numpy as np

from robaudit.batches import slices, with_proved_batches
from robaudit.errors import ClassifierError, NotAuditableError
from robaudit.predicting import rounding_error
from robaudit.types import Classifier, FloatArray, Predict

_NUMBERS = 4_000_000
_FEWEST, _MOST = 64, 300


@dataclass(frozen=True)
class Differences:
    """Of so many inputs asked twice, how many got other scores, and how many another class."""

    inputs: int
    scores: int
    classes: int

    def __str__(self) -> str:
        return (
            f"asked twice about the same {self.inputs} inputs in the same batches, it gave "
            f"{self.scores} of them other scores, and {self.classes} another class"
        )


def how_many_to_ask(dimension: int) -> int:
    """Choose how many images of so many numbers to ask twice about."""
    return int(np.clip(_NUMBERS // dimension, _FEWEST, _MOST))


def asked_twice(predict: Predict, x: FloatArray, batch_size: int) -> Differences:
    """Compare two answers to the same inputs (n, *shape) in the same batches."""
    first, second = (
        np.concatenate([predict(x[part]) for part in slices(len(x), batch_size)]) for _ in range(2)
    )
    size = np.abs(first[np.isfinite(first)]).max(initial=0.0)
    tolerance = rounding_error(first.dtype) * float(size)
    same = np.isclose(second, first, rtol=0, atol=tolerance, equal_nan=True).all(axis=1)
    turned = ~same & (first.argmax(axis=1) != second.argmax(axis=1))
    return Differences(len(x), int((~same).sum()), int(turned.sum()))


def require_steadiness(classifier: Classifier, x: FloatArray, batch_size: int) -> None:
    """Raise NotAuditableError for a model that answers differently each time, with the cause."""
    differences = asked_twice(classifier.predict, x, batch_size)
    if differences.scores:
        raise NotAuditableError(
            f"{classifier.name} answers differently each time: {differences}"
            + (f"; {classifier.randomness}" if classifier.randomness else ""),
            expected="a model in evaluation mode, which draws no random numbers",
            advice="Put it in that mode before it is exported (PyTorch: model.eval(), Keras: "
            "training=False), or audit it as it is, over several draws: `randomised=True`.",
        )


def with_independent_batches(
    classifier: Classifier, x: FloatArray, batch_size: int
) -> tuple[Classifier, bool]:
    """Go back to one input at a time where scores depend on the rest of a batch; say if so.

    Raises NotAuditableError where the cause is a normalisation by the batch itself: alone,
    an input then has no statistics to be normalised by.
    """
    try:
        proved, alone = with_proved_batches(classifier, x, batch_size)
    except ClassifierError:  # of one input there are no statistics
        if not classifier.batch_statistics:
            raise
        proved, alone = classifier, True
    if alone and classifier.batch_statistics:
        raise NotAuditableError(
            f"{classifier.name}: {classifier.batch_statistics}, so that what it says of an input "
            "depends on the others in its batch",
            expected="a model in evaluation mode, which normalises by what it saw in training",
            advice="Put it in that mode before it is exported (PyTorch: model.eval(), Keras: "
            "training=False).",
        )
    return proved, alone
