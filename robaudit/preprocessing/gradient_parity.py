"""Gradients are trusted once what they are gradients of is proved to be the model.

An adapter may differentiate a copy of its model in another framework, its twin.
What the two say of real inputs decides whether the copy's gradients are used.
"""

from dataclasses import replace

import numpy as np

from robaudit.errors import ClassifierError
from robaudit.predicting import failing_as
from robaudit.types import Classifier, FloatArray

_TOLERANCE = 1e-3
_HALF_TOLERANCE = 2e-2


def with_proved_gradients(classifier: Classifier, x: FloatArray) -> tuple[Classifier, str | None]:
    """Compare a classifier with its twin on inputs (n, *shape) that differ.

    The largest difference of their scores, as a share of the largest score, goes
    into ``details["gradients"]["parity"]``. Where it is too large the classifier
    goes on without gradients, and a sentence says why.
    """
    if classifier.vjp is None or classifier.twin is None:
        return classifier, None
    try:
        with failing_as("the copy of the model that gives gradients"):
            difference = _difference(classifier.predict(x), classifier.twin(x))
    except ClassifierError as error:
        return _without(classifier, None, error.found)
    half = classifier.predict(x[:1]).dtype == np.float16
    if not difference <= (_HALF_TOLERANCE if half else _TOLERANCE):
        said = f"its scores differ from the model's by up to {difference:.2g} of their size"
        if "predicted_by" in classifier.details:  # then the copy is what would be audited
            raise ClassifierError(
                f"the copy of {classifier.name} is not the model: {said}",
                expected="the same scores",
                advice="Use --device cpu.",
            )
        return _without(classifier, difference, said)
    return replace(classifier, details=_noted(classifier, parity=difference)), None


def _difference(scores: FloatArray, others: FloatArray) -> float:
    """Give the largest difference of two sets of scores (n, classes), relative to their size."""
    if scores.shape != others.shape:
        return float("inf")
    wide, other = scores.astype(np.float64), others.astype(np.float64)
    finite = np.isfinite(wide) & np.isfinite(other)
    same = (wide == other) | (np.isnan(wide) & np.isnan(other))
    if not (finite | same).all():
        return float("inf")
    size = np.abs(wide[finite]).max(initial=0.0)
    return float(np.abs(wide[finite] - other[finite]).max(initial=0.0) / max(size, 1e-30))


def _without(
    classifier: Classifier, difference: float | None, why: str
) -> tuple[Classifier, str | None]:
    parity = None if difference is None or not np.isfinite(difference) else difference
    details = _noted(classifier, parity=parity, refused=why)
    note = f"No gradients are used of this model: {why}."
    return replace(classifier, vjp=None, twin=None, details=details), note


def _noted(classifier: Classifier, **facts: object) -> dict[str, object]:
    return {
        **classifier.details,
        "gradients": {**classifier.details.get("gradients", {}), **facts},
    }
