"""Judging a model that is being trained, on data that it is not trained on."""

import math
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from robaudit.batches import Blocks, pace_for
from robaudit.data.sampling import balanced_rows
from robaudit.predicting import checked, classes_of
from robaudit.search.boundary_search import search_samples
from robaudit.search.directions import random_directions
from robaudit.search.plan import SearchPlan
from robaudit.search.rays import NONE
from robaudit.types import BoolArray, Classifier, FloatArray, IntArray

Judging = TypeVar("Judging")


@dataclass(frozen=True)
class Judgement:
    """Accuracy, and restricted mean margin in RMS units.

    ``right`` marks which samples of each class (C,) are classified as labelled. ``margins``
    (S, K) are those of the samples searched along each direction, at most the reach, the mean
    of both ways. Both are empty where a function judges that does not tell them.
    """

    accuracy: float
    restricted_mean: float
    right: tuple[BoolArray, ...] = field(default=(), compare=False, repr=False)
    margins: FloatArray = field(default_factory=lambda: np.zeros((0, 0)), compare=False, repr=False)


@dataclass(frozen=True)
class Judge:
    """Validation data x (n, *shape), y (n,), and the search that every epoch is put to.

    The rows ``searched`` and the ``directions`` are the same for all epochs. Without a
    ``batch_size`` the fastest is looked for.
    """

    x: FloatArray
    y: IntArray
    searched: IntArray
    directions: FloatArray
    plan: SearchPlan
    batch_size: int | None = None

    def __call__(self, classifier: Classifier, blocks: Blocks | None = None) -> Judgement:
        """Judge a classifier; ``blocks`` that depend on it keep what is done of that.

        Raises Stopped where the work is to stop.
        """
        classifier = checked(classifier)
        pace = pace_for(classifier.spec, self.batch_size, blocks=blocks)
        right = self._right(classifier, pace.batch_size)
        crossings = search_samples(
            classifier,
            self.x[self.searched],
            self.y[self.searched],
            self.directions,
            self.plan,
            pace,
        )
        pace.blocks.heed()  # what was stopped lacks samples
        steps = np.where(crossings.step == NONE, self.plan.steps, crossings.step)
        of_ways = steps.reshape(len(self.searched), -1, self.plan.signs)
        return Judgement(
            accuracy=float(right.mean()),
            restricted_mean=float(steps.mean() * self.plan.step),
            right=self._of_classes(right),
            margins=of_ways.mean(axis=2) * self.plan.step,
        )

    def accuracy(self, classifier: Classifier) -> Judgement:
        """Judge the accuracy of a classifier alone, which has no margins then."""
        classifier = checked(classifier)
        size = pace_for(classifier.spec, self.batch_size).batch_size
        right = self._right(classifier, size)
        return Judgement(float(right.mean()), math.nan, self._of_classes(right))

    def _right(self, classifier: Classifier, batch_size: int) -> BoolArray:
        return np.equal(classes_of(classifier.predict, self.x, batch_size)[0], self.y)

    def _of_classes(self, right: BoolArray) -> tuple[BoolArray, ...]:
        return tuple(right[self.y == index] for index in range(int(self.y.max()) + 1))


def make_judge(
    classifier: Classifier,
    x: FloatArray,
    y: IntArray,
    plan: SearchPlan,
    batch_size: int | None = None,
) -> Judge:
    """Choose the samples and directions that a plan asks for, out of validation data.

    Inputs of few numbers have fewer directions that are orthogonal: then it is all of these.
    """
    spec = classifier.spec
    plan = replace(plan, directions=min(plan.directions, spec.dimension))
    rows = balanced_rows(y, plan.samples, plan.seed)
    directions = random_directions(
        spec.shape,
        plan.directions,
        seed=plan.seed,
        pixel_range=spec.high - spec.low,
    )
    return Judge(x, y, rows, directions, plan, batch_size)


def what_judges(judge: Judging) -> Judging:
    """Leave out how many inputs are judged at a time, which changes no judgement."""
    return replace(judge, batch_size=None) if isinstance(judge, Judge) else judge
