"""How a model does with a preprocessing: tried on a few labelled images, and compared."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from robaudit.batches import slices
from robaudit.losses import cross_entropy, one_hot
from robaudit.preprocessing.candidates import BYTE
from robaudit.preprocessing.normalisation import Preprocessing, normalised
from robaudit.stats.exact import mcnemar
from robaudit.stats.intervals import wilson_interval
from robaudit.types import BoolArray, Classifier, FloatArray, IntArray, ScoreKind

_LARGEST_LOSS = 1e6
_MOSTLY = 0.5
_SURE = 2 / 3
"""Of the way from guessing to its accuracy, so sure at least is what cross-entropy trained."""

_CONTRARY = 0.5
"""A difference in accuracy that chance alone makes less often than this speaks for itself."""


@dataclass(frozen=True)
class Trial:
    """What a model made of some labelled images under one preprocessing.

    ``predicted``, ``correct``, ``loss`` and ``known`` are (n,); where scores were not
    numbers ``known`` is false, and the answer counts as wrong. ``chance`` is the share of
    the most frequent label. ``telling`` is false where the loss says nothing: it is that of
    scores that were never trained to be as sure as they should, and falls as inputs grow.
    """

    preprocessing: Preprocessing
    predicted: IntArray
    correct: BoolArray
    loss: FloatArray
    known: BoolArray
    chance: float = 0.0
    telling: bool = True
    by_smallest: float = 0.0

    @property
    def accuracy(self) -> float:
        """Share of the images that were classified as labelled."""
        return float(self.correct.mean())

    @property
    def beats_chance(self) -> bool:
        """Whether the model is right more often than if it always said the same."""
        low = wilson_interval(int(self.correct.sum()), len(self.correct)).low
        return low is not None and low > self.chance

    def comparable(self, other: "Trial") -> BoolArray:
        """Mark the images (n,) to compare two trials on: all that both have scores for.

        Scores that are mostly no numbers are no accident of some images: they count as wrong.
        """
        rows = np.ones(len(self.known), dtype=np.bool_)
        for trial in (self, other):
            if trial.known.mean() > _MOSTLY:
                rows &= trial.known
        return rows


def try_preprocessing(
    classifier: Classifier,
    preprocessing: Preprocessing,
    pixels: FloatArray,
    labels: IntArray,
    batch_size: int,
) -> Trial:
    """Try a preprocessing on pixels (n, *image_shape) in 0..1 with labels (n,).

    ``classifier`` takes its model's own inputs, not yet normalised, and may give scores
    that are not numbers.
    """
    spec = classifier.spec
    predict = normalised(classifier, preprocessing).predict
    x = preprocessing.arrangement.arrange(pixels, spec.shape)
    scores = np.concatenate([predict(x[part]) for part in slices(len(x), batch_size)])
    known = ~np.isnan(scores).any(axis=1)
    predicted = np.where(known, np.where(known[:, None], scores, 0).argmax(axis=1), 0)
    loss = np.full(len(x), _LARGEST_LOSS)
    loss[known] = loss_of_labels(scores[known], labels[known], spec.scores)
    chance = float(np.bincount(labels).max() / len(labels))
    correct = known & (predicted == labels)
    surely = np.exp(-loss_of_labels(scores[known], predicted[known], spec.scores))
    guess = 1 / spec.classes
    sure = surely.sum() / len(x) >= guess + _SURE * (correct.mean() - guess)
    telling = bool(sure) and not classifier.uncalibrated
    smallest = known & (scores.argmin(axis=1) == labels) & (spec.scores != "labels")
    by_smallest = float(smallest.mean())
    return Trial(preprocessing, predicted, correct, loss, known, chance, telling, by_smallest)


def failed_trial(preprocessing: Preprocessing, count: int) -> Trial:
    """Make the trial of inputs that were more than a model can bear: nothing is right."""
    nothing = np.zeros(count, dtype=np.bool_)
    loss = np.full(count, _LARGEST_LOSS)
    return Trial(preprocessing, np.zeros(count, dtype=np.int64), nothing, loss, ~nothing)


def loss_of_labels(scores: FloatArray, labels: IntArray, kind: ScoreKind) -> FloatArray:
    """Cross-entropy of each row of scores (n, classes) with its label: (n,), finite.

    Of label-only classifiers, 1 for each error.
    """
    if kind == "labels":
        return np.asarray(1 - scores[np.arange(len(labels)), labels])
    least = 1e-12 if kind == "probabilities" else -_LARGEST_LOSS
    bounded = np.clip(scores.astype(np.float64), least, _LARGEST_LOSS)
    return cross_entropy(bounded, one_hot(labels, scores.shape[1]), kind)


def beats(first: Trial, second: Trial, error: float) -> bool:
    """Tell whether one trial is better than another beyond chance, at this error.

    Where accuracy does not tell, cross-entropy does, if the model knows anything: it is surest
    about inputs like those that it was trained on. Not so where accuracy tells the contrary,
    be it not for sure. And inputs that are too large make a model
    that is right surer still, and often leave its accuracy as it is, while inputs that are too
    small do not; so 0..255 has to win by accuracy, and so have exchanges, rarely meant.
    """
    rows = first.comparable(second)
    chance = mcnemar(first.correct[rows], second.correct[rows])
    better = bool(first.correct[rows].mean() > second.correct[rows].mean())
    if chance < error or (chance < _CONTRARY and not better):
        return better
    if _by_accuracy_only(first.preprocessing, second.preprocessing) or first.correct[rows].all():
        return False
    if not first.beats_chance or not first.telling:
        return False
    lead = second.loss[rows] - first.loss[rows]
    return bool(lead.mean() > NormalDist().inv_cdf(1 - error / 2) * standard_error(lead))


def standard_error(values: FloatArray) -> float:
    """Give the standard error of the mean of values (n,)."""
    return float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else math.inf


def _by_accuracy_only(first: Preprocessing, second: Preprocessing) -> bool:
    large = min(first.std) <= BYTE and sorted(first.std) != sorted(second.std)
    return bool(first.exchanges) or large
