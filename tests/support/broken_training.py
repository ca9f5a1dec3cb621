"""Ways to break the training of a classifier: see `broken_classifiers`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import numpy as np

from robaudit import Classifier, TrainPlan
from robaudit.types import (
    Checkpoint,
    FloatArray,
    IntArray,
    NamedArrays,
    Schedule,
    State,
    TrainingState,
)


def retrained(
    classifier: Classifier, change: Callable[[Classifier, FloatArray], Classifier]
) -> Classifier:
    """Change what comes out of training, given the samples too."""
    train = classifier.train
    assert train is not None
    return replace(classifier, train=lambda x, y, plan: change(train(x, y, plan), x))


def trained_in_place(classifier: Classifier) -> Classifier:
    """Train the very weights that predict."""
    train, current = classifier.train, [classifier]
    assert train is not None

    def trained(x: FloatArray, y: IntArray, plan: TrainPlan) -> Classifier:
        current[0] = train(x, y, plan)
        return current[0]

    def predict(x: FloatArray) -> FloatArray:
        return current[0].predict(x)

    return replace(classifier, predict=predict, train=trained)


def after_sorting(trained: Classifier, x: FloatArray) -> Classifier:
    """Reorder the samples where they lie."""
    x.sort(axis=0)
    return trained


def backing_away(classifier: Classifier) -> Classifier:
    """Go up the gradient: training on what is predicted is training away from the labels."""
    train = classifier.train
    assert train is not None
    return replace(
        classifier, train=lambda x, _y, plan: train(x, classifier.predict(x).argmax(axis=1), plan)
    )


def drifting(classifier: Classifier) -> Classifier:
    """Train without the seed."""
    seeds = count()
    train = classifier.train
    assert train is not None

    def trained(x: FloatArray, y: IntArray, plan: TrainPlan) -> Classifier:
        return train(x, y, replace(plan, seed=next(seeds), learning_rate=3.0))

    return replace(classifier, train=trained)


def replanned(classifier: Classifier, change: Callable[[TrainPlan], TrainPlan]) -> Classifier:
    """Train by another plan than the one that is asked for."""
    train = classifier.train
    assert train is not None
    return replace(classifier, train=lambda x, y, plan: train(x, y, change(plan)))


def shown(classifier: Classifier, change: Callable[[int, Classifier], Any]) -> Classifier:
    """Change what is told after an epoch: its number and the classifier."""

    def changed(plan: TrainPlan) -> TrainPlan:
        tell = plan.after_epoch
        return replace(plan, after_epoch=tell and (lambda *told: tell(*change(*told))))

    return replanned(classifier, changed)


@dataclass
class Misremembering:
    """A checkpoint that gives back something else than what was saved."""

    kept: Checkpoint
    change: Callable[[TrainingState], TrainingState]

    def load(self) -> TrainingState | None:
        state = self.kept.load()
        return state and self.change(state)

    def due(self) -> bool:
        return self.kept.due()

    def save(self, state: TrainingState) -> None:
        self.kept.save(state)


def going_on(
    classifier: Classifier, change: Callable[[TrainingState], TrainingState]
) -> Classifier:
    """Change what a training goes on from."""

    def changed(plan: TrainPlan) -> TrainPlan:
        kept = plan.checkpoint
        return replace(plan, checkpoint=kept and Misremembering(kept, change))

    return replanned(classifier, changed)


def without_weights(state: TrainingState) -> TrainingState:
    arrays = {name: 0 * array for name, array in state.trainee.arrays.items()}
    return replace(state, trainee=State(arrays))


def moving(classifier: Classifier) -> Classifier:
    """Show the very weights that are trained on."""
    latest: list[Classifier] = []

    def predict(x: FloatArray) -> FloatArray:
        return latest[0].predict(x)

    def follow(number: int, told: Classifier) -> tuple[int, Classifier]:
        latest[:] = [told]
        return number, replace(told, predict=predict)

    return shown(classifier, follow)


def handed(classifier: Classifier, change: Callable[..., Any]) -> Classifier:
    """Change what is given to perturb: the classifier, inputs and labels."""

    def changed(plan: TrainPlan) -> TrainPlan:
        perturb = plan.perturb
        return replace(plan, perturb=perturb and (lambda *given: perturb(*change(*given))))

    return replanned(classifier, changed)


def late(classifier: Classifier) -> Classifier:
    """Show perturb the classifier as it was when the epoch began."""
    calls, latest = count(), [classifier]

    def hold(trainee: Classifier, x: FloatArray, y: IntArray) -> Any:
        if next(calls) % 3 == 0:  # the first of three batches
            latest[:] = [trainee]
        return latest[0], x, y

    return handed(classifier, hold)


def half_ignored(plan: TrainPlan) -> TrainPlan:
    """Take only the first half of what perturb returns."""
    perturb = plan.perturb

    def halved(trainee: Classifier, x: FloatArray, y: IntArray) -> FloatArray:
        assert perturb is not None
        half = len(x) // 2
        return np.concatenate([perturb(trainee, x, y)[:half], x[half:]])

    return replace(plan, perturb=perturb and halved)


def with_weights_of_its_own(classifier: Classifier) -> Classifier:
    """Give the very arrays that it predicts with."""
    weights = classifier.weights
    assert weights is not None
    arrays = weights.take()
    return replace(
        classifier,
        predict=lambda x: weights.put(arrays, x).predict(x),
        weights=replace(weights, take=lambda: arrays),
    )


def putting_nothing(classifier: Classifier) -> Classifier:
    """Make of other weights what there was before."""
    weights = classifier.weights
    assert weights is not None
    return replace(classifier, weights=replace(weights, put=lambda _arrays, _x: classifier))


def putting_what_it_knows(classifier: Classifier) -> Classifier:
    """Leave out of other weights what there was not before."""
    weights = classifier.weights
    assert weights is not None
    own = weights.take()

    def put(arrays: NamedArrays, x: FloatArray) -> Classifier:
        known = {name: arrays.get(name, array) for name, array in own.items()}
        return weights.put(known, x)

    return replace(classifier, weights=replace(weights, put=put))


def scheduled(classifier: Classifier, change: Callable[[Schedule], Schedule | None]) -> Classifier:
    """Ask another schedule than the one that is given."""
    return replanned(
        classifier,
        lambda plan: replace(plan, schedule=plan.schedule and change(plan.schedule)),
    )


def asked_in_vain(schedule: Schedule) -> Schedule:
    """Ask, and go on at the usual rate."""

    def usual(share: float) -> float:
        schedule(share)
        return 1.0

    return usual


def staying_slow(classifier: Classifier) -> Classifier:
    """Go on at the learning rate that a schedule left."""
    train = classifier.train
    assert train is not None

    def trained(x: FloatArray, y: IntArray, plan: TrainPlan) -> Classifier:
        after = train(x, y, plan)
        left = plan.schedule(1.0) if plan.schedule else 1.0
        return replanned(after, lambda next_plan: replace(next_plan, schedule=lambda _share: left))

    return replace(classifier, train=trained)
