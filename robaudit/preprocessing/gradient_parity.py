"""Gradients are trusted once what they are gradients of is proved to be the model.

An adapter may differentiate a copy of its model in another framework, its twin, and offer
logits behind probabilities. What these say of the images at hand decides whether they are
used, and so does whether the loss has any slope there: what gradients are on inputs that
were made up says nothing of that.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from robaudit.batches import batch_size_for, slices
from robaudit.errors import ClassifierError
from robaudit.losses import at_logits, cross_entropy_cotangent, from_the_best, one_hot, tempered
from robaudit.predicting import failing_as
from robaudit.types import BoolArray, Classifier, FloatArray, InputSpec, IntArray, Predict

_TOLERANCE = 1e-3
_HALF_TOLERANCE = 2e-2
_FEWEST_INPUTS = 32
SMALLEST_SLOPE = float(np.finfo(np.float32).tiny)
"""Below it float32 loses digits, and many devices give zero (1.2e-38)."""

Cause = Literal["overflow", "saturation", "rounding"]
CAUSES: dict[Cause, str] = {
    "overflow": "something overflows in the model",
    "saturation": "the scores are saturated (a probability of exactly 1)",
    "rounding": "rounding or thresholds in the model hide the slope, or it is cut off (detach)",
}
"""What may be wrong where gradients lead nowhere, in words."""


@dataclass(frozen=True)
class Slopes:
    """Of inputs, all (n,): whose loss has no gradient that float32 can hold, or no finite one.

    ``saturated`` are those with a probability of 1, as near as float32 can tell.
    """

    zero: BoolArray
    not_finite: BoolArray
    saturated: BoolArray

    @property
    def useless(self) -> int:
        """How many inputs have a gradient that leads nowhere."""
        return int((self.zero | self.not_finite).sum())

    @property
    def cause(self) -> Cause:
        """What most likely hides the slope, where it is hidden."""
        if self.zero.sum() < self.not_finite.sum():
            return "overflow"
        if 2 * (self.zero & self.saturated).sum() > self.zero.sum():
            return "saturation"
        return "rounding"


def proof_rows(spec: InputSpec, total: int) -> IntArray:
    """Choose the rows, of ``total``, that gradients are judged on: as evenly as can be."""
    count = min(total, max(_FEWEST_INPUTS, batch_size_for(spec)))
    return np.linspace(0, total - 1, count).astype(np.int64)


def measure_slopes(
    classifier: Classifier, x: FloatArray, classes: IntArray, batch_size: int
) -> Slopes:
    """Look at the gradients, at x (n, *shape), of the loss of ``classes`` (n,).

    The classifier is one with ``vjp`` and scores. Raises ClassifierError where it fails.
    """
    classifier, spec = tempered(at_logits(classifier), x), classifier.spec
    zero, not_finite, saturated = np.zeros((3, len(x)), dtype=bool)
    vjp = classifier.vjp
    if vjp is None:
        raise ClassifierError(f"{classifier.name} has no gradients", expected="vjp")
    for part in slices(len(x), batch_size):
        scores, wanted = classifier.predict(x[part]), one_hot(classes[part], spec.classes)
        cotangent = cross_entropy_cotangent(scores, wanted, classifier.spec.scores)
        with failing_as("the gradient", expected="one for each input"):
            slopes = np.abs(vjp(x[part], cotangent).reshape(len(scores), -1))
        largest = slopes.max(axis=1) * (spec.high - spec.low)
        zero[part] = largest < SMALLEST_SLOPE
        not_finite[part] = ~np.isfinite(largest)
        saturated[part] = _is_saturated(scores, classifier.spec.scores)
    return Slopes(zero, not_finite, saturated)


def _is_saturated(scores: FloatArray, kind: str) -> BoolArray:
    """Mark rows of (n, classes) whose other probabilities are all too small for float32: (n,)."""
    best = scores.max(axis=1, keepdims=True)
    ratio = scores / best if kind == "probabilities" else np.exp(from_the_best(scores))
    return np.asarray((ratio >= SMALLEST_SLOPE).sum(axis=1) == 1)


def with_proved_gradients(
    classifier: Classifier, x: FloatArray, *, synthetic: bool = False
) -> tuple[Classifier, str | None]:
    """Judge a classifier's gradients on inputs (n, *shape) that differ.

    Into ``details["gradients"]`` goes what they were ``judged_on``, the largest difference
    of its scores and its twin's as a share of the largest score (``parity``), and how many
    inputs have a loss gradient that is ``zero`` or ``not_finite``. Where the difference is
    too large, or most gradients lead nowhere, the classifier goes on without gradients,
    and a sentence says why. Logits that are of other classes are left out.
    """
    if classifier.vjp is None or classifier.spec.scores == "labels":
        return classifier, None
    facts: dict[str, object] = {
        "judged_on": f"{len(x)} {'synthetic inputs' if synthetic else 'inputs of the data'}"
    }
    batch_size = batch_size_for(classifier.spec)
    try:
        with failing_as("the copy of the model that gives gradients"):
            scores = _all(classifier.predict, x, batch_size)
            if classifier.twin is not None:
                difference = _difference(scores, _all(classifier.twin, x, batch_size))
                facts["parity"] = difference if np.isfinite(difference) else None
                if not difference <= _tolerance(scores):
                    return _unlike(classifier, difference, facts)
        classifier = _with_true_logits(classifier, x, scores, batch_size)
        slopes = measure_slopes(classifier, x, scores.argmax(axis=1), batch_size)
    except ClassifierError as error:
        return _without(classifier, error.found, facts)
    facts |= {"zero": int(slopes.zero.sum()), "not_finite": int(slopes.not_finite.sum())}
    if 2 * slopes.useless > len(x):
        how = "not finite" if slopes.not_finite.sum() > slopes.zero.sum() else "zero"
        why = f"the gradient of its loss is {how} on {slopes.useless} of {len(x)} inputs"
        return _without(classifier, f"{why}: {CAUSES[slopes.cause]}", facts)
    return replace(classifier, details=_noted(classifier, facts)), None


def _all(predict: Predict, x: FloatArray, batch_size: int) -> FloatArray:
    return np.concatenate([predict(x[part]) for part in slices(len(x), batch_size)])


def _tolerance(scores: FloatArray) -> float:
    return _HALF_TOLERANCE if scores.dtype == np.float16 else _TOLERANCE


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


def _with_true_logits(
    classifier: Classifier, x: FloatArray, scores: FloatArray, batch_size: int
) -> Classifier:
    """Leave out logits whose largest is not of the class that has the best of ``scores``."""
    if classifier.logits is None:
        return classifier
    with failing_as("what the model's probabilities are made of"):
        logits = _all(classifier.logits.predict, x, batch_size)
    best, rows = scores.max(axis=1), np.arange(len(x))
    same = logits.shape == scores.shape and bool(
        (scores[rows, logits.argmax(axis=1)] >= best - _tolerance(scores) * np.abs(best)).all()
    )
    return classifier if same else replace(classifier, logits=None)


def _unlike(
    classifier: Classifier, difference: float, facts: dict[str, object]
) -> tuple[Classifier, str]:
    said = f"its scores differ from the model's by up to {difference:.2g} of their size"
    if "predicted_by" in classifier.details:  # then the copy is what would be audited
        raise ClassifierError(
            f"the copy of {classifier.name} is not the model: {said}",
            expected="the same scores",
            advice="Use --device cpu.",
        )
    return _without(classifier, said, facts)


def _without(classifier: Classifier, why: str, facts: dict[str, object]) -> tuple[Classifier, str]:
    details = _noted(classifier, {**facts, "refused": why})
    note = f"No gradients are used of this model: {why}."
    return replace(classifier, vjp=None, twin=None, logits=None, details=details), note


def _noted(classifier: Classifier, facts: dict[str, object]) -> dict[str, object]:
    return {
        **classifier.details,
        "gradients": {**classifier.details.get("gradients", {}), **facts},
    }
