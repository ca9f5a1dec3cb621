"""Classifiers that keep the contract, and ways to break each clause of it."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np

from robaudit import Classifier
from robaudit.predicting import direct_prober
from robaudit.testing import affine_classifier
from robaudit.types import (
    Bound,
    FloatArray,
    Predict,
    Probe,
    Pull,
    PullBack,
    ScoreKind,
)
from tests.support.broken_training import (
    after_sorting,
    asked_in_vain,
    backing_away,
    drifting,
    going_on,
    half_ignored,
    handed,
    late,
    moving,
    putting_nothing,
    putting_what_it_knows,
    replanned,
    retrained,
    scheduled,
    shown,
    staying_slow,
    trained_in_place,
    with_weights_of_its_own,
    without_weights,
)

SHAPE = (1, 3, 4)
Damage = Callable[[Classifier], Classifier]


def sound(kind: ScoreKind = "logits", dtype: type = np.float64) -> Classifier:
    """Make a classifier that keeps the contract, with all abilities."""
    random = np.random.default_rng(0)
    weights, bias = random.standard_normal((12, 4)), random.standard_normal(4)
    classifier = affine_classifier(weights.astype(dtype), bias.astype(dtype), SHAPE, kind)
    return replace(classifier, prober=direct_prober(classifier.predict), twin=classifier.predict)


def rescored(classifier: Classifier, change: Callable[[FloatArray], Any]) -> Classifier:
    """Change the scores, and nothing else."""
    return replace(classifier, predict=lambda x: change(classifier.predict(x)))


def regraded(classifier: Classifier, change: Callable[[FloatArray], Any]) -> Classifier:
    """Change the gradients, and nothing else."""
    vjp = classifier.vjp
    assert vjp is not None
    return replace(classifier, vjp=lambda x, cotangent: change(vjp(x, cotangent)))


def in_one_pass(classifier: Classifier, predict: Predict, often: float = np.inf) -> Classifier:
    """Give scores of some model, and so many right gradients, from one pass."""
    vjp = classifier.vjp
    assert vjp is not None

    def forward(x: FloatArray) -> tuple[FloatArray, Pull]:
        pulls = count()
        return predict(x), lambda cotangent: vjp(x, cotangent) * (next(pulls) < often)

    return replace(classifier, vjp=PullBack(forward))


def specified(classifier: Classifier, **facts: Any) -> Classifier:
    """Change the spec, and nothing else."""
    return replace(classifier, spec=replace(classifier.spec, **facts))


def reprobed(
    classifier: Classifier,
    farther: float = 1.0,
    low: Bound | None = None,
    high: Bound | None = None,
) -> Classifier:
    """Probe at other distances, or with bounds other than those asked for."""
    prober = direct_prober(classifier.predict)

    def bind(x: FloatArray, directions: FloatArray, below: Bound, above: Bound) -> Probe:
        probe = prober(
            x, directions, below if low is None else low, above if high is None else high
        )
        return lambda sample, direction, distance: probe(sample, direction, farther * distance)

    return replace(classifier, prober=bind)


def with_scalar_bounds(classifier: Classifier) -> Classifier:
    """Take the first pixel's bounds for all."""
    prober = direct_prober(classifier.predict)
    return replace(
        classifier,
        prober=lambda x, directions, low, high: prober(
            x, directions, float(np.ravel(low)[0]), float(np.ravel(high)[0])
        ),
    )


def mutating(classifier: Classifier) -> Classifier:
    """Normalise the inputs where they lie."""

    def predict(x: FloatArray) -> FloatArray:
        x -= 0.5
        return classifier.predict(x)

    return replace(classifier, predict=predict)


def centred_on_the_batch(x: FloatArray) -> FloatArray:
    return x - x.mean(axis=0, keepdims=True)


def precise_only(classifier: Classifier) -> Classifier:
    """See float64 inputs as another model's."""
    return replace(
        classifier,
        predict=lambda x: classifier.predict(x) * (2.0 if x.dtype == np.float64 else 1.0),
    )


def writable_only(function: Callable[..., FloatArray] | None) -> Callable[..., FloatArray]:
    """Take only what can be written to, as some frameworks do."""
    assert function is not None

    def checked(x: FloatArray, *others: FloatArray) -> FloatArray:
        assert x.flags.writeable, "the array is read-only"
        return function(x, *others)

    return checked


def refusing_empty(classifier: Classifier) -> Classifier:
    """Fail on no inputs, in a framework's words."""

    def predict(x: FloatArray) -> FloatArray:
        return classifier.predict(x) if len(x) else x[0]

    return replace(classifier, predict=predict)


def jittery(classifier: Classifier) -> Classifier:
    """Leave a dropout on."""
    random = np.random.default_rng()
    return rescored(classifier, lambda scores: scores * random.uniform(0.9, 1.1, scores.shape))


def blind_in_the_dark(classifier: Classifier) -> Classifier:
    """Divide by the brightest pixel."""

    def predict(x: FloatArray) -> FloatArray:
        lit = x.any(axis=(1, 2, 3), keepdims=True)
        return classifier.predict(np.where(lit, x, np.nan))

    return replace(classifier, predict=predict)


FINGERPRINTS = count()
LESS = sound("probabilities")
OTHER = affine_classifier(np.ones((12, 4)), np.ones(4), SHAPE)
BROKEN: dict[str, dict[str, Damage]] = {
    "test_it_says_what_it_takes_and_gives": {
        "no name": lambda c: replace(c, name=""),
        "infinite box": lambda c: specified(c, low=-np.inf),
        "a name twice": lambda c: specified(c, class_names=("cat", "cat", "dog", "cow")),
    },
    "test_its_fingerprint_stays_the_same": {
        "none": lambda c: replace(c, fingerprint=""),
        "a new one each time": lambda c: replace(c, fingerprint=str(next(FINGERPRINTS))),
    },
    "test_scores_are_a_row_of_floating_point_numbers_for_each_input": {
        "an axis lost": lambda c: rescored(c, np.squeeze),
        "a class lost": lambda c: rescored(c, lambda scores: scores[:, 1:]),
        "whole numbers": lambda c: rescored(c, lambda scores: scores.astype(np.int64)),
        "lists": lambda c: rescored(c, lambda scores: scores.tolist()),
    },
    "test_an_empty_batch_gives_no_scores_or_an_error_of_robaudit": {
        "an IndexError": refusing_empty,
        "a row for nothing": lambda c: rescored(c, lambda s: s if len(s) else np.zeros((1, 4))),
    },
    "test_inputs_in_float64_give_the_same_scores": {"twice as large": precise_only},
    "test_scores_do_not_depend_on_the_batch": {
        "batch statistics": lambda c: rescored(c, centred_on_the_batch)
    },
    "test_any_view_of_an_array_is_taken": {
        "none for scores": lambda c: replace(c, predict=writable_only(c.predict)),
        "none for gradients": lambda c: replace(c, vjp=writable_only(c.vjp)),
    },
    "test_scores_are_the_same_each_time": {"dropout": jittery},
    "test_a_prediction_leaves_its_inputs_as_they_were": {"normalised in place": mutating},
    "test_scores_are_of_the_kind_that_the_spec_says": {
        "logits called probabilities": lambda c: specified(c, scores="probabilities"),
        "logits called labels": lambda c: specified(c, scores="labels"),
        "probabilities called logits": lambda _: specified(LESS, scores="logits"),
    },
    "test_inputs_at_the_bounds_give_finite_scores": {"no numbers for black": blind_in_the_dark},
    "test_the_prober_stays_inside_the_box": {
        "a step too far": lambda c: reprobed(c, farther=1.02),
        "never clipped": lambda c: reprobed(c, low=-np.inf, high=np.inf),
    },
    "test_the_prober_leaves_the_box_when_told_to": {
        "always clipped": lambda c: reprobed(c, low=0.0, high=1.0)
    },
    "test_the_prober_takes_bounds_for_each_pixel": {"the first for all": with_scalar_bounds},
    "test_gradients_are_those_of_the_scores": {
        "too long": lambda c: regraded(c, lambda gradient: 1.1 * gradient),
        "none": lambda c: regraded(c, lambda gradient: 0 * gradient),
        "flat": lambda c: regraded(c, lambda gradient: gradient.reshape(len(gradient), -1)),
        "whole numbers": lambda c: regraded(c, lambda gradient: gradient.astype(np.int64)),
    },
    "test_gradients_are_linear_in_the_cotangent": {"signs": lambda c: regraded(c, np.sign)},
    "test_gradients_do_not_depend_on_the_batch": {
        "a mean": lambda c: regraded(c, lambda gradient: gradient / len(gradient))
    },
    "test_one_pass_gives_scores_and_gradients": {
        "scores of another model": lambda c: in_one_pass(c, OTHER.predict),
        "gradients once only": lambda c: in_one_pass(c, c.predict, often=1),
    },
    "test_what_is_differentiated_is_what_predicts": {
        "another model": lambda c: replace(c, twin=OTHER.predict)
    },
    "test_training_leaves_the_classifier_as_it_was": {
        "trained in place": trained_in_place,
        "samples reordered": lambda c: retrained(c, after_sorting),
    },
    "test_training_gives_a_classifier_of_the_same_spec": {
        "another box": lambda c: retrained(c, lambda new, _: specified(new, high=2.0)),
        "for good": lambda c: retrained(c, lambda new, _: replace(new, train=None)),
        "the old fingerprint": lambda c: retrained(
            c, lambda new, _: replace(new, fingerprint=c.fingerprint)
        ),
    },
    "test_weights_that_were_trained_can_be_put_into_the_original": {
        "the old ones": putting_nothing
    },
    "test_weights_of_another_model_are_refused": {"in part": putting_what_it_knows},
    "test_weights_are_copies": {"the ones that predict": with_weights_of_its_own},
    "test_training_shows_perturb_the_weights_as_they_are": {
        "those from before": lambda c: handed(c, lambda _trainee, x, y: (c, x, y)),
    },
    "test_training_asks_a_schedule_before_each_batch": {
        "backwards": lambda c: scheduled(c, lambda schedule: lambda done: schedule(1 - done)),
        "in vain": lambda c: scheduled(c, asked_in_vain),
    },
    "test_training_is_slowed_by_a_schedule_only_while_it_lasts": {"for good": staying_slow},
    "test_training_is_repeatable": {"no seed": drifting},
    "test_training_lowers_the_loss": {
        "untrained": lambda c: retrained(c, lambda _new, _x: c),
        "other labels": backing_away,
    },
    "test_training_shows_each_epoch_for_good": {
        "none": lambda c: replanned(c, lambda plan: replace(plan, after_epoch=None)),
        "the one before it": lambda c: shown(c, lambda number, told: (number - 1, told)),
        "another box": lambda c: shown(c, lambda number, told: (number, specified(told, high=2.0))),
        "not to be saved": lambda c: shown(
            c, lambda number, told: (number, replace(told, save=None))
        ),
        "no fingerprint": lambda c: shown(
            c, lambda number, told: (number, replace(told, fingerprint=""))
        ),
        "what is trained on": moving,
        "what was trained": lambda c: shown(
            c, lambda number, told: (number, replace(told, predict=c.predict))
        ),
        "another training than unwatched": lambda c: replanned(
            c, lambda plan: replace(plan, learning_rate=0.2) if plan.after_epoch else plan
        ),
    },
    "test_training_hands_every_sample_to_perturb_once_an_epoch": {
        "none": lambda c: replanned(c, lambda plan: replace(plan, perturb=None)),
        "some twice": lambda c: handed(c, lambda k, x, y: (k, x[[0, *range(len(x) - 1)]], y)),
        "the labels of others": lambda c: handed(c, lambda k, x, y: (k, x, np.roll(y, 1))),
        "all at once": lambda c: replanned(c, lambda plan: replace(plan, batch_size=100)),
    },
    "test_training_shows_perturb_the_classifier_as_it_is": {
        "as it was": lambda c: handed(c, lambda _, x, y: (c, x, y)),
        "as it was when the epoch began": late,
        "the gradients that were": lambda c: handed(
            c, lambda k, x, y: (replace(k, vjp=c.vjp), x, y)
        ),
        "no gradients": lambda c: handed(c, lambda k, x, y: (replace(k, vjp=None), x, y)),
        "another box": lambda c: handed(c, lambda k, x, y: (specified(k, high=2.0), x, y)),
    },
    "test_training_is_on_what_perturb_returns": {
        "on the samples": lambda c: replanned(c, lambda plan: replace(plan, perturb=None)),
        "on half of it": lambda c: replanned(c, half_ignored),
    },
    "test_training_goes_on_where_it_was_cut_off": {
        "without the weights": lambda c: going_on(c, without_weights),
        "the epoch from its beginning": lambda c: going_on(
            c, lambda state: replace(state, batches=0)
        ),
        "a batch further": lambda c: going_on(
            c, lambda state: replace(state, batches=state.batches + 1)
        ),
    },
    "test_what_is_saved_can_be_opened_again": {
        "other weights": lambda c: replace(c, save=OTHER.save)
    },
    "test_what_was_trained_can_be_saved": {
        "those from before": lambda c: retrained(c, lambda new, _: replace(new, save=c.save))
    },
    "test_art_sees_the_same_scores": {
        "batch statistics": lambda c: rescored(c, centred_on_the_batch)
    },
    "test_art_sees_the_gradients_of_the_loss": {
        "too long": lambda c: regraded(c, lambda gradient: 1.1 * gradient)
    },
}
"""For each check of the contract, by a name for it, what must make it fail."""
