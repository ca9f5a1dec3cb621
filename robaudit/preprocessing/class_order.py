"""Whether a model would be right if its outputs were other classes than they are taken for.

A model that was trained on classes in another order than that of the labels looks as if it
knew nothing. One permutation of the classes then explains nearly all of its answers.
"""

from dataclasses import dataclass

import numpy as np

from robaudit.stats.exact import mcnemar
from robaudit.stats.intervals import wilson_interval
from robaudit.stats.randomness import Stream, generator
from robaudit.types import IntArray

_ERROR = 0.001
_LIFT = 0.25
"""Of the way from chance to certainty, so much must be made by a permutation that is believed."""


@dataclass(frozen=True)
class ClassOrder:
    """Which class each output seems to be, and what that makes of a model.

    ``class_of_output`` (classes,) is -1 for outputs that no label belongs to. The
    accuracies are those on ``samples`` images that the order was not found on: as labelled,
    and in this order.
    """

    class_of_output: IntArray
    accuracy: float
    accuracy_in_order: float
    samples: int

    @property
    def output_of_class(self) -> IntArray:
        """The output of each class (classes,); classes not seen share out what is left."""
        outputs = np.full(len(self.class_of_output), -1, dtype=np.int64)
        known = self.class_of_output >= 0
        outputs[self.class_of_output[known]] = np.flatnonzero(known)
        outputs[outputs < 0] = np.flatnonzero(~known)
        return outputs


def find_class_order(predicted: IntArray, labels: IntArray, classes: int) -> ClassOrder | None:
    """Look for one permutation of classes that would make a model right far more often.

    ``predicted`` and ``labels`` (n,) are class numbers below ``classes``. It is found on
    one half of the images and confirmed on the other: on the same images an assignment finds
    order in any answers, where there are many classes. Gives ``None`` where there is none.
    """
    # At random: labels of data sets that are in some order come in turns, too.
    first, other = np.array_split(generator(0, Stream.PREPROCESSING, 1).permutation(len(labels)), 2)
    class_of_output = _assign(predicted[first], labels[first], classes)
    answers, wanted = predicted[other], labels[other]
    if not len(answers):
        return None
    plain, ordered = answers == wanted, class_of_output[answers] == wanted
    chance = np.bincount(wanted).max() / len(wanted)
    as_labelled = wilson_interval(int(plain.sum()), len(plain))
    in_order = wilson_interval(int(ordered.sum()), len(ordered))
    if in_order.low is None or as_labelled.high is None or in_order.low <= as_labelled.high:
        return None
    if in_order.low <= chance + _LIFT * (1 - chance) or mcnemar(plain, ordered) > _ERROR:
        return None
    return ClassOrder(
        class_of_output, float(plain.mean()), float(ordered.mean()), samples=len(plain)
    )


def _assign(predicted: IntArray, labels: IntArray, classes: int) -> IntArray:
    """Assign a class to each output, the most frequent pairs first: (classes,), -1 for none.

    A greedy assignment on the confusion matrix: where one order explains nearly all answers,
    it is the best one too.
    """
    pairs, counts = np.unique(predicted * classes + labels, return_counts=True)
    class_of_output = np.full(classes, -1, dtype=np.int64)
    taken = np.zeros(classes, dtype=np.bool_)
    for pair in pairs[np.argsort(-counts, kind="stable")].tolist():
        output, label = divmod(pair, classes)
        if class_of_output[output] < 0 and not taken[label]:
            class_of_output[output], taken[label] = label, True
    if np.count_nonzero(~taken) == 1:  # the last one left is that of the last output left
        class_of_output[class_of_output < 0] = np.flatnonzero(~taken)
    return class_of_output
