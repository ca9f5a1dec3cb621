"""Checks of training and saving: before and after are two values, and files keep them."""
# ruff: noqa: S101 - checks are made of assertions

import tempfile
from dataclasses import replace
from pathlib import Path
from unittest import SkipTest

from robaudit.losses import cross_entropy, one_hot
from robaudit.testing.checking import Checks, assert_close, has, unchanged
from robaudit.types import Classifier, FloatArray, IntArray, TrainPlan

_SAMPLES = 24


class TrainingChecks(Checks):
    """``train`` gives a new classifier, by ``training_plan``, and leaves the old one alone."""

    training_plan = TrainPlan(epochs=10, batch_size=8, seed=7)

    def test_training_leaves_the_classifier_as_it_was(self) -> None:
        """Its scores are the same before and after, and so are the data."""
        classifier, x, y = self._samples()
        before, spec = classifier.predict(x), classifier.spec
        with unchanged(x, y):
            self._train(classifier, x, y)
        assert_close(classifier.predict(x), before, 1e-6, "scores before and after")
        assert classifier.spec == spec, "the spec has changed"

    def test_training_gives_a_classifier_of_the_same_spec(self) -> None:
        """It takes and gives the same, can be trained on, and has a fingerprint of its own."""
        classifier, x, y = self._samples()
        trained = self._train(classifier, x, y)
        assert trained.spec == classifier.spec, "the spec of the trained classifier differs"
        assert trained.train is not None, "the trained classifier cannot be trained on"
        assert trained.fingerprint != classifier.fingerprint, "both have the same fingerprint"

    def test_training_is_repeatable(self) -> None:
        """The same seed gives the same classifier."""
        classifier, x, y = self._samples()
        first, second = (self._train(classifier, x, y).predict(x) for _ in range(2))
        assert_close(first, second, 1e-3, "scores of two trainings")

    def test_training_lowers_the_loss(self) -> None:
        """The mean cross-entropy of the samples that it saw is lower after it."""
        classifier, x, y = self._samples()
        if classifier.spec.scores == "labels":
            raise SkipTest("labels have no loss")
        trained = self._train(classifier, x, y)
        before, after = (_mean_loss(model, x, y) for model in (classifier, trained))
        assert after < before, f"the loss goes from {before:.4g} to {after:.4g}"

    def _samples(self) -> tuple[Classifier, FloatArray, IntArray]:
        """Draw inputs, labelled as the class after the one that is predicted."""
        classifier = self.make_classifier()
        has(classifier.train, "train")
        x = self.draw_inputs(classifier.spec, _SAMPLES)
        return classifier, x, (classifier.predict(x).argmax(axis=1) + 1) % classifier.spec.classes

    def _train(self, classifier: Classifier, x: FloatArray, y: IntArray) -> Classifier:
        return has(classifier.train, "train")(x, y, self.training_plan)


class SavingChecks(TrainingChecks):
    """``save`` writes what ``load`` opens; ``saved_as`` is the name of the file."""

    saved_as = "model"

    def load(self, path: Path) -> Classifier:
        """Open what was saved."""
        raise NotImplementedError(f"say how {path} is opened: def load(self, path): ...")

    def test_what_is_saved_can_be_opened_again(self) -> None:
        """The classifier that is opened gives the same scores."""
        classifier = self.make_classifier()
        self._compare_saved(classifier, self.draw_inputs(classifier.spec, 5))

    def test_what_was_trained_can_be_saved(self) -> None:
        """It is the trained weights that are written, not those from before."""
        has(self.make_classifier().save, "save")
        classifier, x, y = self._samples()
        plan = replace(self.training_plan, epochs=2)
        self._compare_saved(has(classifier.train, "train")(x, y, plan), x)

    def _compare_saved(self, classifier: Classifier, x: FloatArray) -> None:
        save = has(classifier.save, "save")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / self.saved_as
            save(path)
            opened = self.load(path)
            assert_close(opened.predict(x), classifier.predict(x), 1e-5, "scores saved and opened")


def _mean_loss(classifier: Classifier, x: FloatArray, y: IntArray) -> float:
    targets = one_hot(y, classifier.spec.classes)
    return float(cross_entropy(classifier.predict(x), targets, classifier.spec.scores).mean())
