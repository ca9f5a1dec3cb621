"""Trainings that are cut off and go on, held bit for bit to those that were not."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np

from robaudit import Classifier, TrainPlan
from robaudit.testing.resuming_checks import CheckpointInMemory, CutOff
from robaudit.types import FloatArray, IntArray, TrainingState


def along_gradients(trainee: Classifier, x: FloatArray, y: IntArray) -> FloatArray:
    """Move a batch one step down the scores of its labels: adversarial, and drawn from nothing."""
    assert trainee.vjp is not None
    slope = trainee.vjp(x, np.eye(trainee.spec.classes, dtype=np.float32)[y])
    return np.asarray(x - 0.02 * np.sign(slope), dtype=np.float32)


def trained(classifier: Classifier, x: FloatArray, y: IntArray, plan: TrainPlan) -> Classifier:
    """Train a classifier, which must be able to be trained."""
    assert classifier.train is not None, classifier.details
    return classifier.train(x, y, plan)


def cut_off(
    classifier: Classifier,
    x: FloatArray,
    y: IntArray,
    plan: TrainPlan,
    batches: int,
    kept: TrainingState | None = None,
) -> TrainingState:
    """Train until so many batches are done, from a state if one is given, and give the last."""
    checkpoint, seen = CheckpointInMemory(kept), list[int]()

    def perturb(trainee: Classifier, inputs: FloatArray, labels: IntArray) -> FloatArray:
        if len(seen) == batches:
            raise CutOff
        seen.append(len(inputs))
        return plan.perturb(trainee, inputs, labels) if plan.perturb else inputs

    with suppress(CutOff):
        trained(classifier, x, y, replace(plan, perturb=perturb, checkpoint=checkpoint))
    assert len(seen) == batches
    assert checkpoint.state is not None
    return checkpoint.state


def assert_resumes(
    make: Callable[[], Classifier],
    x: FloatArray,
    y: IntArray,
    plan: TrainPlan,
    cuts: Sequence[int],
) -> None:
    """Cut trainings off after some batches, and again a batch later; compare what comes of them."""
    wanted = trained(make(), x, y, plan)
    for cut in cuts:
        kept = cut_off(make(), x, y, plan, 1, cut_off(make(), x, y, plan, cut))
        resumed = trained(make(), x, y, replace(plan, checkpoint=CheckpointInMemory(kept)))
        np.testing.assert_array_equal(resumed.predict(x), wanted.predict(x), str(cut))
        assert resumed.fingerprint == wanted.fingerprint
