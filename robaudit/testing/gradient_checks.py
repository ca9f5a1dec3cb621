"""Checks of gradients: against differences, against themselves, and as ART sees them."""
# ruff: noqa: S101 - checks are made of assertions

from typing import Any
from unittest import SkipTest

import numpy as np

from robaudit.attacks.art_bridge import art_estimator
from robaudit.errors import MissingDependencyError
from robaudit.preprocessing.gradient_parity import with_proved_gradients
from robaudit.testing.checking import Checks, assert_close, assert_gradient, has, unchanged
from robaudit.types import Classifier, FloatArray, PullBack


class GradientChecks(Checks):
    """``vjp`` is the product of a cotangent with the derivative of ``predict``."""

    def test_gradients_are_those_of_the_scores(self) -> None:
        """Along random directions they agree with differences of the scores."""
        classifier = self.make_classifier()
        vjp = has(classifier.vjp, "vjp")
        x, cotangent = self._point_and_cotangent(classifier)
        with unchanged(x, cotangent):
            gradient = vjp(x, cotangent)

        def value(points: FloatArray) -> FloatArray:
            return np.asarray((classifier.predict(points) * cotangent).sum(axis=1))

        dtype = classifier.predict(x).dtype
        assert_gradient(value, x, gradient, classifier.spec, dtype)

    def test_gradients_are_linear_in_the_cotangent(self) -> None:
        """The derivative that they are a product with depends on the inputs alone."""
        classifier = self.make_classifier()
        vjp = has(classifier.vjp, "vjp")
        x, first = self._point_and_cotangent(classifier)
        other = np.roll(first, 1, axis=0)
        sums = 2 * vjp(x, first) - 3 * vjp(x, other)
        assert_close(vjp(x, 2 * first - 3 * other), sums, 1e-3, "gradients of a sum and their sum")

    def test_gradients_do_not_depend_on_the_batch(self) -> None:
        """Each input gets the gradient together with others that it gets alone."""
        classifier = self.make_classifier()
        vjp = has(classifier.vjp, "vjp")
        x, cotangent = self._point_and_cotangent(classifier)
        alone = [vjp(x[i : i + 1], cotangent[i : i + 1]) for i in range(len(x))]
        assert_close(
            vjp(x, cotangent), np.concatenate(alone), 1e-3, "gradients in batches and alone"
        )

    def test_what_is_differentiated_is_what_predicts(self) -> None:
        """A twin gives the scores of the model that it stands in for."""
        classifier = self.make_classifier()
        has(classifier.vjp, "vjp")
        has(classifier.twin, "twin")
        _, refused = with_proved_gradients(classifier, self.draw_inputs(classifier.spec, 6))
        assert refused is None, refused

    def test_one_pass_gives_scores_and_gradients(self) -> None:
        """A `PullBack` gives the scores, and pulls back as often as it is asked."""
        classifier = self.make_classifier()
        vjp = has(classifier.vjp, "vjp")
        if not isinstance(vjp, PullBack):
            raise SkipTest("scores and gradients take a pass each")
        x, cotangent = self._point_and_cotangent(classifier)
        scores, pull = vjp.forward(x)
        assert_close(scores, classifier.predict(x), 1e-3, "scores with gradients and without")
        for turned in (cotangent, cotangent[::-1]):
            wanted = vjp(x, turned)
            assert_close(pull(turned), wanted, 1e-3, "gradients of the first pass and of another")

    def _point_and_cotangent(self, classifier: Classifier) -> tuple[FloatArray, FloatArray]:
        random = np.random.default_rng(10)
        cotangent = random.standard_normal((4, classifier.spec.classes)).astype(np.float32)
        return self.draw_inputs(classifier.spec, 4), cotangent


class ArtChecks(Checks):
    """What ART sees of a classifier is the classifier."""

    def test_art_sees_the_same_scores(self) -> None:
        """An estimator of ART predicts what the classifier predicts."""
        classifier = self.make_classifier()
        x = self.draw_inputs(classifier.spec, 5)
        seen = self._estimator(classifier).predict(x.astype(np.float64), batch_size=2)
        assert_close(seen, classifier.predict(x), 1e-3, "scores in ART")

    def test_art_sees_the_gradients_of_the_loss(self) -> None:
        """They agree with differences of the loss that ART is told."""
        classifier = self.make_classifier()
        estimator = self._estimator(classifier)
        if not hasattr(estimator, "loss_gradient"):
            raise SkipTest("this classifier has no gradients of a loss")
        x = self.draw_inputs(classifier.spec, 4)
        scores = classifier.predict(x)
        second = np.argsort(scores, axis=1)[:, -2]

        def value(points: FloatArray) -> FloatArray:
            return np.asarray(estimator.compute_loss(points, second))

        assert_gradient(value, x, estimator.loss_gradient(x, second), classifier.spec, scores.dtype)

    def _estimator(self, classifier: Classifier) -> Any:
        try:
            return art_estimator(classifier)
        except MissingDependencyError as missing:
            raise SkipTest(str(missing)) from missing
