"""What batched attacks ask of a classifier: which samples have left their class, and the way out.

The lead of a class is its logit less the largest of the others; where it is below 0 the sample
has left the class. Its slope is the one of two logits, so it does not vanish as that of a
cross-entropy does where a model is sure.
"""

from dataclasses import dataclass

import numpy as np

from robaudit.losses import from_the_best, one_hot
from robaudit.predicting import rounding_error
from robaudit.types import BoolArray, Classifier, FloatArray, IntArray, Pull, pull_back


@dataclass(frozen=True)
class Leads:
    """Of samples (n,): the ``lead`` of their class over the ``rival``, the best of the others.

    ``left`` marks those that have left their class, by more than rounding may do.
    """

    lead: FloatArray
    rival: IntArray
    left: BoolArray


def leads_of(scores: FloatArray, y: IntArray) -> Leads:
    """Measure the lead of classes y (n,) in scores (n, classes)."""
    rows = np.arange(len(y))
    others = scores.astype(np.float64)
    others[rows, y] = -np.inf
    rival = others.argmax(axis=1)
    own, best = scores[rows, y].astype(np.float64), others[rows, rival]
    with np.errstate(invalid="ignore"):  # two infinite scores
        lead = own - best
    least = least_lead(own, best, scores.dtype)
    if not np.isfinite(least).all():
        lead, least = np.nan_to_num(lead), np.nan_to_num(least, posinf=0.0)
    return Leads(lead, rival, lead < -least)


def least_lead(own: FloatArray, other: FloatArray, dtype: np.dtype) -> FloatArray:
    """Give the least lead that rounding does not make, of scores (n,) computed in ``dtype``."""
    return rounding_error(dtype) * np.maximum(np.abs(own), np.abs(other))


def _shares(scores: FloatArray, y: IntArray) -> FloatArray:
    """Give the softmax of all scores (n, classes) but those of y (n,), which have none."""
    others = scores.astype(np.float64)
    others[np.arange(len(y)), y] = -np.inf
    shares = np.exp(from_the_best(others))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


class Asked:
    """A classifier, asked about flat samples (n, D) of 0..1.

    Gradients that are no numbers count as zero.
    """

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self.classes = classifier.spec.classes

    def scores(self, x: FloatArray) -> FloatArray:
        """Compute scores: (n, D) -> (n, classes)."""
        return self._classifier.predict(self._shaped(x))

    def leads(self, x: FloatArray, y: IntArray) -> Leads:
        """Measure the lead of classes y (n,) at x (n, D)."""
        return leads_of(self.scores(x), y)

    def with_pull(self, x: FloatArray) -> tuple[FloatArray, Pull]:
        """Compute scores (n, classes) of x (n, D), and what pulls cotangents back: like x."""
        scores, pull = pull_back(self._classifier, self._shaped(x))

        def flat_pull(cotangent: FloatArray) -> FloatArray:
            slopes = np.asarray(pull(cotangent.astype(np.float32))).reshape(x.shape)
            known = np.isfinite(slopes)
            return slopes if known.all() else np.where(known, slopes, 0)

        return scores, flat_pull

    def way_out(
        self, x: FloatArray, y: IntArray, *, to_all: bool = False
    ) -> tuple[Leads, FloatArray]:
        """Measure leads at x (n, D), and the gradient along which they fall: like x.

        It leads towards the rival or ``to_all`` other classes, each by its probability among
        them: that is the way of the cross-entropy's gradient, whose length may vanish.
        """
        scores, pull = self.with_pull(x)
        leads = leads_of(scores, y)
        towards = _shares(scores, y) if to_all else one_hot(leads.rival, self.classes)
        return leads, pull(towards - one_hot(y, self.classes))

    def _shaped(self, x: FloatArray) -> FloatArray:
        return np.asarray(x, dtype=np.float32).reshape(len(x), *self._classifier.spec.shape)
