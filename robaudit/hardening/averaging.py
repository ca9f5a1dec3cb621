"""Weights averaged over the steps of a training: the newer a step, the more it counts."""

from collections.abc import Mapping

import numpy as np

from robaudit.errors import ClassifierError
from robaudit.types import Array, Classifier, FloatArray, IntArray, NamedArrays, State


def between(one: NamedArrays, other: NamedArrays, share: float) -> NamedArrays:
    """Give weights so far on the line from ``one`` to ``other``: ``(1 - share) a + share b``.

    What is the same in both stays so, bit for bit.
    """
    with np.errstate(invalid="ignore"):  # an infinite number that is the same in both
        return {
            name: np.where(a == other[name], a, (1 - share) * a + share * other[name]).astype(
                a.dtype
            )
            for name, a in one.items()
        }


def decay_at(decay: float, step: int) -> float:
    """Tell how much of an average stays at a step, from 1: less of it while it is young.

    As TensorFlow's ``ExponentialMovingAverage`` has it, so that few steps do not leave it where
    training began.

    >>> decay_at(0.995, 1), decay_at(0.995, 10_000)
    (0.18181818181818182, 0.995)
    """
    return min(decay, (1 + step) / (10 + step))


class AveragedWeights:
    """A `robaudit.types.Perturb` that changes no batch, and averages the weights that it sees.

    After step k the average is ``d_k a + (1 - d_k) w_k``, of the average a before it and
    the weights w_k, with ``d_k`` of `decay_at`; it begins with those before the first step.
    The statistics of what it makes are those of ``x`` (n, *shape), of the training data.
    """

    def __init__(self, decay: float, x: FloatArray) -> None:
        self._decay, self._x = decay, x
        self._average: dict[str, Array] = {}
        self._steps = -1

    def __call__(self, classifier: Classifier, x: FloatArray, _y: IntArray) -> FloatArray:
        """See the weights that the last step left, and hand on the batch."""
        self._average, self._steps = self._with(classifier), self._steps + 1
        return x

    def of(self, classifier: Classifier) -> Classifier:
        """Make the classifier of the average up to a classifier that a step just left."""
        assert classifier.weights is not None  # noqa: S101 - as `check_weights` has it
        return classifier.weights.put(self._with(classifier), self._x)

    def state(self) -> State:
        """Give the average, and of how many steps it is."""
        return State(dict(self._average), {"steps": self._steps})

    def go_on(self, state: State) -> None:
        """Go back to what `state` gave."""
        self._average, self._steps = dict(state.arrays), state.facts["steps"]

    def _with(self, classifier: Classifier) -> dict[str, Array]:
        assert classifier.weights is not None  # noqa: S101 - as `check_weights` has it
        latest: Mapping[str, Array] = classifier.weights.take()
        if self._steps < 0:
            return dict(latest)
        return dict(between(latest, self._average, decay_at(self._decay, self._steps + 1)))


def check_weights(classifier: Classifier, why: str, advice: str) -> None:
    """Raise ClassifierError for a classifier without weights that can be put into a copy."""
    if classifier.weights is None:
        raise ClassifierError(
            f"{why} of {classifier.name}, whose adapter does not hand over its weights",
            expected="a classifier with `weights`",
            advice=advice,
        )
