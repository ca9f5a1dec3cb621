"""Checks of what training shows on its way, and of what it lets others change."""
# ruff: noqa: S101 - checks are made of assertions

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from robaudit.testing.checking import assert_close, has
from robaudit.testing.training_checks import TrainingChecks
from robaudit.types import Classifier, FloatArray, IntArray

_EPOCHS = 3
_SAME = 1e-3
"""How far apart scores of the same training may be: frameworks add in another order."""


@dataclass(frozen=True)
class _Glimpse:
    """What was seen of a classifier at a moment of its training.

    ``scores`` and ``gradients`` (``None`` where it has none) are those of all samples.
    """

    classifier: Classifier
    scores: FloatArray
    gradients: FloatArray | None


@dataclass(frozen=True)
class _Batch:
    """What ``perturb`` was given, in which epoch."""

    epoch: int
    trainee: _Glimpse
    inputs: FloatArray
    labels: IntArray


@dataclass(frozen=True)
class _Course:
    """All that a training showed: each epoch's number and classifier, each batch, the result."""

    epochs: list[tuple[int, _Glimpse]]
    batches: list[_Batch]
    trained: Classifier


class CourseChecks(TrainingChecks):
    """A plan's ``after_epoch`` and ``perturb`` see all of a training, and as it is."""

    def test_training_shows_each_epoch_for_good(self) -> None:
        """``after_epoch`` is told of each, in order, and what it is given stays as it is."""
        classifier, x, y = self._samples()
        course = self._follow(classifier, x, y)
        numbers, trained = [number for number, _ in course.epochs], course.trained
        assert numbers == list(range(1, _EPOCHS + 1)), f"after_epoch was told of {numbers}"
        for number, seen in course.epochs:
            shown, which = seen.classifier, f"the classifier of epoch {number}"
            assert shown.spec == classifier.spec, f"{which} has another spec"
            assert shown.capabilities == trained.capabilities, f"{which} cannot do the same"
            assert shown.fingerprint not in ("", classifier.fingerprint), (
                f"{which} has no fingerprint of its own"
            )
            assert_close(shown.predict(x), seen.scores, 1e-6, f"scores of epoch {number} and later")
        assert_close(
            course.epochs[-1][1].scores, trained.predict(x), 1e-5, "scores of the last epoch"
        )
        plan = replace(self.training_plan, epochs=_EPOCHS)
        alone = has(classifier.train, "train")(x, y, plan)
        assert_close(trained.predict(x), alone.predict(x), _SAME, "scores, watched and not")

    def test_training_hands_every_sample_to_perturb_once_an_epoch(self) -> None:
        """Batches are rows of the samples, like them, with the labels that belong to them."""
        classifier, x, y = self._samples()
        course = self._follow(classifier, x, y)
        for epoch in range(1, _EPOCHS + 1):
            batches = [batch for batch in course.batches if batch.epoch == epoch]
            assert batches, f"perturb was given nothing in epoch {epoch}"
            inputs, labels = (
                np.concatenate([getattr(batch, name) for batch in batches])
                for name in ("inputs", "labels")
            )
            rows = _rows_of(inputs, x)
            assert sorted(rows) == list(range(len(x))), f"rows of epoch {epoch}: {rows}"
            assert np.array_equal(labels, y[rows]), f"labels in epoch {epoch} are not the samples'"
            sizes = [len(batch.inputs) for batch in batches]
            assert max(sizes) <= self.training_plan.batch_size + 1, f"batches of {sizes}"

    def test_training_shows_perturb_the_classifier_as_it_is(self) -> None:
        """Each epoch begins with what the one before has made of it, and each batch moves it."""
        classifier, x, y = self._samples()
        course = self._follow(classifier, x, y)
        made = [_glimpse_of(classifier, x), *(seen for _, seen in course.epochs)]
        for epoch in range(1, _EPOCHS + 1):
            seen = next(batch.trainee for batch in course.batches if batch.epoch == epoch)
            before = made[epoch - 1]
            assert seen.classifier.spec == classifier.spec, "perturb is given another spec"
            assert_close(seen.scores, before.scores, _SAME, f"scores before epoch {epoch}")
            if classifier.vjp is not None:
                assert seen.gradients is not None, "perturb is given a classifier without vjp"
            if seen.gradients is not None and before.gradients is not None:
                assert_close(
                    seen.gradients, before.gradients, 1e-2, f"gradients before epoch {epoch}"
                )
        for batch, following in pairwise(course.batches):
            moved = not np.array_equal(batch.trainee.scores, following.trainee.scores)
            assert moved, f"perturb is given the same scores again in epoch {following.epoch}"

    def test_training_is_on_what_perturb_returns(self) -> None:
        """To turn each sample into its negative is to train on negatives."""
        classifier, x, y = self._samples()
        negatives = (classifier.spec.low + classifier.spec.high - x).astype(x.dtype)
        plan = replace(
            self.training_plan,
            perturb=lambda _trainee, inputs, _labels: negatives[_rows_of(inputs, x)],
        )
        scores = has(classifier.train, "train")(x, y, plan).predict(x)
        wanted, plain = (self._train(classifier, inputs, y).predict(x) for inputs in (negatives, x))
        assert np.abs(plain - wanted).max() > 10 * _SAME * np.abs(wanted).max(), (
            "training on negatives changes too little to tell: lengthen training_plan"
        )
        assert_close(scores, wanted, _SAME, "scores after training on negatives, made in two ways")

    def _follow(self, classifier: Classifier, x: FloatArray, y: IntArray) -> _Course:
        """Train while watching all that can be watched, and changing nothing."""
        epochs: list[tuple[int, _Glimpse]] = []
        batches: list[_Batch] = []

        def after_epoch(number: int, shown: Classifier) -> None:
            epochs.append((number, _glimpse_of(shown, x)))

        def perturb(trainee: Classifier, inputs: FloatArray, labels: IntArray) -> FloatArray:
            seen = _glimpse_of(trainee, x)
            batches.append(_Batch(len(epochs) + 1, seen, inputs.copy(), labels.copy()))
            return inputs

        plan = replace(self.training_plan, epochs=_EPOCHS, after_epoch=after_epoch, perturb=perturb)
        return _Course(epochs, batches, has(classifier.train, "train")(x, y, plan))


def _glimpse_of(classifier: Classifier, x: FloatArray) -> _Glimpse:
    cotangent = np.random.default_rng(3).normal(size=(len(x), classifier.spec.classes))
    gradients = classifier.vjp(x, cotangent) if classifier.vjp is not None else None
    return _Glimpse(classifier, classifier.predict(x), gradients)


def _rows_of(inputs: FloatArray, x: FloatArray) -> IntArray:
    """Find each input (n, *shape) among samples (S, *shape), up to rounding: rows (n,)."""
    apart = [np.abs(x - row).reshape(len(x), -1).sum(axis=1) for row in inputs]
    return np.asarray(np.argmin(apart, axis=1))
