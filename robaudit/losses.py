"""The cross-entropy of scores, whatever they are, and its gradient with respect to them.

Through a classifier's ``vjp`` that gradient becomes the one with respect to
pixels. For hard labels the loss is that of the logits behind the scores.
"""

from dataclasses import replace

import numpy as np

from robaudit.errors import UsageError
from robaudit.types import Classifier, FloatArray, IntArray, Pull, PullBack, ScoreKind, pull_back

_SMALLEST_PROBABILITY = 1e-30
"""Its logarithm and its inverse are finite in float32."""
_FARTHEST, _NEARER = 50.0, 20.0
"""Logits whose two best lie farther apart than the first are brought as near as the second."""


def one_hot(labels: IntArray, classes: int) -> FloatArray:
    """Write labels (n,) as rows with a single one: (n, classes).

    >>> one_hot(np.array([1, 0]), 2)
    array([[0., 1.],
           [1., 0.]], dtype=float32)
    """
    return np.eye(classes, dtype=np.float32)[labels]


def cross_entropy(scores: FloatArray, targets: FloatArray, kind: ScoreKind) -> FloatArray:
    """Compute ``-sum(targets * log p)`` of each row: (n, classes) twice -> (n,).

    ``targets`` are one-hot rows or other probabilities, p the probabilities that
    ``scores`` of this kind stand for. Raises UsageError for labels, which stand for
    none.
    """
    return np.asarray(-(targets * _log_probabilities(scores, kind)).sum(axis=1))


def cross_entropy_cotangent(scores: FloatArray, targets: FloatArray, kind: ScoreKind) -> FloatArray:
    """Differentiate `cross_entropy` of each row with respect to its scores: (n, classes).

    Raises UsageError for labels.
    """
    if kind == "logits":
        probabilities = np.exp(_log_probabilities(scores, kind))
        slopes = probabilities * targets.sum(axis=1, keepdims=True) - targets
        return _balanced(slopes, scores.argmax(axis=1))
    if kind == "probabilities":
        return np.asarray(-targets / _at_least_smallest(scores))
    if kind == "log-probabilities":
        return np.asarray(-targets)
    raise _no_loss()


def _balanced(slopes: FloatArray, best: IntArray) -> FloatArray:
    """Make each row of slopes (n, classes) sum to 0 by that of its best class (n,).

    What a probability of nearly 1 lacks of 1 is lost in float32 from a lead of 17 on, and with it
    the way out of the class; what the others have, which is as much, is not.
    """
    column = best[:, None]
    np.put_along_axis(slopes, column, 0, axis=1)
    np.put_along_axis(slopes, column, -slopes.sum(axis=1, keepdims=True), axis=1)
    return slopes


def at_logits(classifier: Classifier) -> Classifier:
    """Make a classifier whose scores are the logits that a classifier offers; else itself.

    Inputs have the same classes, but a slope where probabilities are so near to 0 and 1
    that they have none.
    """
    if classifier.logits is None:
        return classifier
    return replace(
        classifier,
        spec=replace(classifier.spec, scores="logits"),
        predict=classifier.logits.predict,
        vjp=classifier.logits.vjp,
        logits=None,
        twin=None,
        prober=None,
    )


def tempered(classifier: Classifier, x: FloatArray) -> Classifier:
    """Divide a classifier's logits by a number, where its cross-entropy has no slope in float32.

    That is where the two best of x (n, *shape) usually lie so far apart that all other
    probabilities are 0. The order of classes, and the way from one to another, stay.
    """
    if classifier.spec.scores != "logits" or not len(x):
        return classifier
    second, best = np.partition(classifier.predict(x), -2, axis=1)[:, -2:].astype(np.float64).T
    leads = (best - second)[np.isfinite(best) & np.isfinite(second)]
    usual = float(np.quantile(leads, 0.95)) if len(leads) else 0.0
    return classifier if usual <= _FARTHEST else _divided(classifier, usual / _NEARER)


def _divided(classifier: Classifier, temperature: float) -> Classifier:
    predict, vjp = classifier.predict, classifier.vjp

    def forward(x: FloatArray) -> tuple[FloatArray, Pull]:
        scores, pull = pull_back(classifier, x)
        return scores / temperature, lambda cotangent: pull(cotangent / temperature)

    return replace(
        classifier,
        predict=lambda x: predict(x) / temperature,
        vjp=vjp and PullBack(forward),
        twin=None,
        prober=None,
    )


def with_log_probabilities(classifier: Classifier) -> Classifier:
    """Make a classifier of log-probabilities of one of probabilities.

    Probabilities near 0 and 1 hide how near another class is: attacks that
    linearise scores, such as DeepFool, and those that compare them, such as CW,
    are made for logits, which log-probabilities are but for a constant.
    """
    spec, predict, vjp = classifier.spec, classifier.predict, classifier.vjp
    if spec.scores != "probabilities":
        return classifier

    def likely(scores: FloatArray) -> FloatArray:
        return np.maximum(scores, _SMALLEST_PROBABILITY)

    def forward(x: FloatArray) -> tuple[FloatArray, Pull]:
        scores, pull = pull_back(classifier, x)
        shares = likely(scores)
        return np.log(shares), lambda cotangent: pull(cotangent / shares)

    return replace(
        classifier,
        spec=replace(spec, scores="log-probabilities"),
        predict=lambda x: np.log(likely(predict(x))),
        vjp=vjp and PullBack(forward),
    )


def _log_probabilities(scores: FloatArray, kind: ScoreKind) -> FloatArray:
    if kind == "logits":
        shifted = from_the_best(scores)
        return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
    if kind == "probabilities":
        return np.asarray(np.log(_at_least_smallest(scores)))
    if kind == "log-probabilities":
        return scores
    raise _no_loss()


def from_the_best(logits: FloatArray) -> FloatArray:
    """Take from each row of logits (n, classes) its largest: what is infinite leads, or is out.

    >>> from_the_best(np.array([[1.0, 3.0], [np.inf, -np.inf], [np.inf, np.inf]])).tolist()
    [[-2.0, 0.0], [0.0, -inf], [0.0, 0.0]]
    """
    finite = np.minimum(logits, np.finfo(logits.dtype).max)
    with np.errstate(over="ignore"):  # of what lies further apart than numbers can say
        return np.asarray(finite - finite.max(axis=1, keepdims=True))


def _at_least_smallest(probabilities: FloatArray) -> FloatArray:
    """Keep probabilities from 0, in numbers that can tell the smallest from it: not float16."""
    wide = np.result_type(probabilities, np.float32)
    return np.asarray(np.maximum(probabilities.astype(wide), _SMALLEST_PROBABILITY))


def _no_loss() -> UsageError:
    return UsageError(
        "a loss of labels", expected="logits, probabilities or log-probabilities as scores"
    )
