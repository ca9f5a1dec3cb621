"""Checks of what a classifier says of itself, of its scores, and of the search's fast path."""
# ruff: noqa: S101 - checks are made of assertions

import numpy as np

from robaudit.batches import batches_are_independent
from robaudit.errors import RobauditError
from robaudit.opening import score_kind
from robaudit.predicting import points_on_rays
from robaudit.testing.checking import Checks, assert_close, has, unchanged
from robaudit.types import Bound, Classifier


class ScoreChecks(Checks):
    """Every classifier predicts, so none of these is skipped."""

    def test_it_says_what_it_takes_and_gives(self) -> None:
        """It has a name, a finite pixel box, and class names that differ."""
        classifier = self.make_classifier()
        spec = classifier.spec
        assert isinstance(classifier, Classifier), f"a {type(classifier).__name__}"
        assert classifier.name, "the classifier has no name"
        assert np.isfinite([spec.low, spec.high]).all(), f"the box [{spec.low}, {spec.high}]"
        names = spec.class_names or range(spec.classes)
        assert len(set(names)) == spec.classes, "two classes have the same name"

    def test_its_fingerprint_stays_the_same(self) -> None:
        """The same model opened again has the same fingerprint, and it is no empty one."""
        first, second = self.make_classifier(), self.make_classifier()
        assert first.fingerprint, "the fingerprint is empty"
        assert first.fingerprint == second.fingerprint, "the fingerprint changes by itself"

    def test_scores_are_a_row_of_floating_point_numbers_for_each_input(self) -> None:
        """(n, *shape) gives (n, classes), for one input as for several."""
        classifier = self.make_classifier()
        for count in (1, 2, 5):
            scores = classifier.predict(self.draw_inputs(classifier.spec, count))
            assert isinstance(scores, np.ndarray), f"scores are a {type(scores).__name__}"
            assert scores.shape == (count, classifier.spec.classes), f"{scores.shape} for {count}"
            assert np.issubdtype(scores.dtype, np.floating), f"scores are {scores.dtype}"

    def test_an_empty_batch_gives_no_scores_or_an_error_of_robaudit(self) -> None:
        """No inputs give (0, classes), or are refused in a sentence."""
        classifier = self.make_classifier()
        try:
            scores = classifier.predict(self.draw_inputs(classifier.spec, 1)[:0])
        except RobauditError:
            return
        except Exception as error:
            raise AssertionError(f"no inputs raise {type(error).__name__}: {error}") from error
        assert scores.shape == (0, classifier.spec.classes), f"{scores.shape} for no inputs"

    def test_inputs_in_float64_give_the_same_scores(self) -> None:
        """Some attacks compute in float64."""
        classifier = self.make_classifier()
        x = self.draw_inputs(classifier.spec, 4)
        assert_close(
            classifier.predict(x.astype(np.float64)), classifier.predict(x), 1e-3, "scores"
        )

    def test_scores_do_not_depend_on_the_batch(self) -> None:
        """Each input gets the scores together with others that it gets alone."""
        classifier = self.make_classifier()
        predict, x = classifier.predict, self.draw_inputs(classifier.spec, 7)
        assert batches_are_independent(predict, x, predict), "scores depend on the batch"

    def test_any_view_of_an_array_is_taken(self) -> None:
        """One that is read-only, runs backwards and leaves rows out gives what its copy gives."""
        classifier = self.make_classifier()
        view = self.draw_inputs(classifier.spec, 7)[::-3]
        view.flags.writeable = False
        scores = classifier.predict(view)
        assert_close(scores, classifier.predict(view.copy()), 1e-3, "scores of a view and its copy")
        if classifier.vjp is not None:
            gradient, wanted = (classifier.vjp(x, scores[::-1]) for x in (view, view.copy()))
            assert_close(gradient, wanted, 1e-3, "gradients at a view and its copy")

    def test_scores_are_the_same_each_time(self) -> None:
        """Nothing in a prediction is left to chance."""
        classifier = self.make_classifier()
        x = self.draw_inputs(classifier.spec, 4)
        assert_close(classifier.predict(x), classifier.predict(x), 1e-6, "scores of the same")

    def test_a_prediction_leaves_its_inputs_as_they_were(self) -> None:
        """The search goes on with the arrays that it handed over."""
        classifier = self.make_classifier()
        x = self.draw_inputs(classifier.spec, 4)
        with unchanged(x):
            classifier.predict(x)

    def test_scores_are_of_the_kind_that_the_spec_says(self) -> None:
        """Probabilities add up to one, labels are one-hot, logits are neither."""
        classifier = self.make_classifier()
        kind = classifier.spec.scores
        scores = classifier.predict(self.draw_inputs(classifier.spec, 6))
        if kind == "labels":
            ones = np.sort(scores, axis=1) == np.eye(scores.shape[1])[-1]
            assert ones.all(), "labels are not one-hot rows"
        else:
            assert score_kind(scores) == kind, f"they look like {score_kind(scores)}, not {kind}"

    def test_inputs_at_the_bounds_give_finite_scores(self) -> None:
        """The corners of the box are inputs like others."""
        classifier = self.make_classifier()
        spec = classifier.spec
        upper = np.random.default_rng(6).random((4, *spec.shape)) < 0.5
        upper[0], upper[1] = False, True
        scores = classifier.predict(np.where(upper, spec.high, spec.low).astype(np.float32))
        assert np.isfinite(scores).all(), "some scores are infinite, or no numbers"


class ProberChecks(Checks):
    """A prober gives what ``predict`` gives at ``clip(sample + distance * direction)``."""

    def test_the_prober_stays_inside_the_box(self) -> None:
        """Points beyond the box are brought back to its border."""
        spec = self.make_classifier().spec
        self._compare_prober(spec.low, spec.high)

    def test_the_prober_leaves_the_box_when_told_to(self) -> None:
        """Infinite bounds clip nothing."""
        self._compare_prober(-np.inf, np.inf)

    def test_the_prober_takes_bounds_for_each_pixel(self) -> None:
        """A box of normalised pixels has other bounds in each channel."""
        spec = self.make_classifier().spec
        inset = np.linspace(0, (spec.high - spec.low) / 3, spec.dimension, dtype=np.float32)
        self._compare_prober(
            *(b.reshape(spec.shape) for b in (spec.low + inset, spec.high - inset))
        )

    def _compare_prober(self, low: Bound, high: Bound) -> None:
        classifier = self.make_classifier()
        prober, spec = has(classifier.prober, "prober"), classifier.spec
        x = self.draw_inputs(spec, 3)
        directions = np.random.default_rng(8).standard_normal((4, *spec.shape)).astype(np.float32)
        sample, direction = np.array([2, 0, 1, 2, 0, 1, 2]), np.array([0, 3, 1, 2, 0, 2, 3])
        distance = (spec.high - spec.low) * np.linspace(-0.5, 0.5, len(sample))
        points = points_on_rays(x[sample], directions[direction], distance, low, high)
        with unchanged(x, directions):
            probe = prober(x, directions, low, high)
            for part in (slice(None), slice(1)):
                probed = probe(sample[part], direction[part], distance[part])
                assert_close(
                    probed, classifier.predict(points[part]), 1e-3, "probes and predictions"
                )
