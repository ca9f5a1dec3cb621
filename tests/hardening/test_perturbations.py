"""Retraining on batches that are changed at random, as flips and shifts do."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit import Classifier
from robaudit.errors import ClassifierError
from robaudit.hardening.perturbations import Batches
from robaudit.hardening.retraining import retrain
from robaudit.hardening.runs import Run
from robaudit.types import FloatArray, IntArray, Perturb
from tests.support.affine_hardening import SMALL, affine_run, random_affine

KEPT = replace(SMALL, keep="last", learning_rate=0.5)


def retrained(augment: Perturb | None, classifier: Classifier | None = None) -> Run:
    made, x, y = random_affine(2)
    run = affine_run(KEPT)
    judged = run.original
    return retrain(
        classifier or made, x[20:], y[20:], lambda _: judged, KEPT, batch_size=64, augment=augment
    )


def test_every_batch_of_every_epoch_is_augmented() -> None:
    seen = list[int]()

    def mirrored(_classifier: Classifier, x: FloatArray, _y: IntArray) -> FloatArray:
        seen.append(len(x))
        return x[..., ::-1].copy()

    run = retrained(mirrored)
    (one,) = run.rounds
    assert one.examples is not None
    assert sum(seen) == KEPT.epochs * (40 + len(one.examples))
    plain = retrained(None)
    assert run.classifier.fingerprint != plain.classifier.fingerprint
    same = retrained(lambda _classifier, x, _y: x)
    assert same.classifier.fingerprint == plain.classifier.fingerprint


def test_an_adapter_that_does_not_augment_is_found_out() -> None:
    made, *_ = random_affine(2)
    assert made.train is not None
    train = made.train
    deaf = replace(made, train=lambda x, y, plan: train(x, y, replace(plan, perturb=None)))
    with pytest.raises(ClassifierError, match="did not train on augmented batches"):
        retrained(lambda _classifier, x, _y: x, deaf)


def test_changes_come_one_after_the_other() -> None:
    made, x, y = random_affine(2)
    changes = Batches([lambda _c, x, _y: x + 1, lambda _c, x, _y: x * 2])
    np.testing.assert_allclose(changes(made, x, y), (x + 1) * 2)
    assert changes.seen == 1
