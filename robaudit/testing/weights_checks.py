"""Checks of weights that are taken out of a classifier and put into another, and of schedules."""
# ruff: noqa: S101 - checks are made of assertions

from dataclasses import replace
from unittest import SkipTest

import numpy as np

from robaudit.errors import ClassifierError
from robaudit.testing.checking import assert_close, has, unchanged
from robaudit.testing.training_checks import TrainingChecks
from robaudit.types import Classifier, FloatArray, Weights

_EPOCHS = 3
_SAME = 1e-3


class WeightsChecks(TrainingChecks):
    """``weights`` are all that training changes, and a plan's ``schedule`` is asked in order."""

    def test_weights_that_were_trained_can_be_put_into_the_original(self) -> None:
        """They make it what was trained, and leave it as it was."""
        classifier, x, y = self._samples()
        weights = self._weights(classifier)
        trained = self._train(classifier, x, y)
        before, arrays = classifier.predict(x), self._weights(trained).take()
        assert weights.take().keys() == arrays.keys(), "training gives other weights"
        with unchanged(x, *arrays.values()):
            made = weights.put(arrays, x)
        assert_close(classifier.predict(x), before, 1e-6, "scores before and after")
        assert made.spec == classifier.spec, "the spec differs"
        assert made.fingerprint not in ("", classifier.fingerprint), "no fingerprint of its own"
        assert made.train is not None, "what has other weights cannot be trained on"
        same = self._weights(trained).put(arrays, x)
        assert_close(made.predict(x), same.predict(x), _SAME, "scores of the same weights")
        assert not np.array_equal(made.predict(x), before), "the scores are those from before"

    def test_weights_are_copies(self) -> None:
        """To change what was taken changes no classifier."""
        classifier, x, _ = self._samples()
        before = classifier.predict(x)
        for array in self._weights(classifier).take().values():
            assert array.dtype in (np.float32, np.float64), f"an array of {array.dtype}"
            array[...] = 0
        assert_close(classifier.predict(x), before, 1e-6, "scores before and after")

    def test_weights_of_another_model_are_refused(self) -> None:
        """Under another name, one too many and of another shape: nothing is put half."""
        classifier, x, _ = self._samples()
        weights = self._weights(classifier)
        (name, array), *others = weights.take().items()
        for arrays in (
            {"of another": array, **dict(others)},
            {"of another": array, name: array, **dict(others)},
            {name: np.stack([array, array]), **dict(others)},
        ):
            try:
                weights.put(arrays, x)
            except ClassifierError:
                continue
            raise AssertionError(f"weights of another model are put: {[*arrays]}")

    def test_training_shows_perturb_the_weights_as_they_are(self) -> None:
        """Those of the first batch are the original's, and each batch moves them."""
        classifier, x, y = self._samples()
        original = self._weights(classifier).take()
        seen = []

        def perturb(trainee: Classifier, inputs: FloatArray, _labels: object) -> FloatArray:
            seen.append(self._weights(trainee).take())
            return inputs

        plan = replace(self.training_plan, epochs=_EPOCHS, perturb=perturb)
        has(classifier.train, "train")(x, y, plan)
        assert all(np.array_equal(original[name], seen[0][name]) for name in original)
        assert any(not np.array_equal(seen[0][name], seen[-1][name]) for name in original)

    def test_training_asks_a_schedule_before_each_batch(self) -> None:
        """What it is told rises evenly from 0, and at a hundredth of the rate less is trained."""
        classifier, x, y = self._samples()
        shares: list[float] = []

        def slow(share: float) -> float:
            shares.append(share)
            return 0.01

        plan = replace(self.training_plan, epochs=_EPOCHS, schedule=slow)
        trained = has(classifier.train, "train")(x, y, plan)
        if not shares:
            raise SkipTest("this classifier's train keeps its learning rate")
        assert_close(np.array(shares), np.arange(len(shares)) / len(shares), 1e-6, "shares done")
        assert len(shares) % _EPOCHS == 0, f"asked {len(shares)} times in {_EPOCHS} epochs"
        usual = has(classifier.train, "train")(x, y, replace(plan, schedule=None))
        moved, wanted = (
            np.abs(made.predict(x) - classifier.predict(x)).max() for made in (trained, usual)
        )
        assert moved < wanted / 2, "a hundredth of the learning rate changes as much as all of it"

    def test_training_is_slowed_by_a_schedule_only_while_it_lasts(self) -> None:
        """What was trained at a hundredth of the rate goes on at all of it."""
        classifier, x, y = self._samples()
        plan = replace(self.training_plan, epochs=_EPOCHS)
        slow = replace(plan, schedule=lambda _share: 0.01)
        first = has(classifier.train, "train")(x, y, slow)
        second = has(first.train, "train")(x, y, plan)
        usual = has(classifier.train, "train")(x, y, plan)
        moved, wanted = (
            np.abs(after.predict(x) - before.predict(x)).max()
            for before, after in ((first, second), (classifier, usual))
        )
        assert moved > wanted / 4, "the learning rate of a schedule stays when that is over"

    def _weights(self, classifier: Classifier) -> Weights:
        return has(classifier.weights, "weights")
