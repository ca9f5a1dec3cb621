"""Fitted estimators with the methods of scikit-learn's classifiers."""

import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from robaudit import OpenOptions
from robaudit.errors import NotAuditableError
from robaudit.opening import first_answers, one_hot_of, two_scores
from robaudit.types import FloatArray, ScoreKind
from robaudit_function.pairs import deciding_on_pairs, votes_of_pairs

_DRAWS = 16
_SCALES = (1.0, 255.0, 4.0)
_HALVINGS = 14
_MOST_PAIRS = 32

Scores = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Scoring:
    """Scores (n, classes) of inputs (n, *shape), whose largest is what `predict` says.

    ``shape`` is one input's, ``source`` says what the scores are, and ``kind`` is given
    where that does not show in their values. ``uncalibrated`` is that of `Classifier`.
    """

    shape: tuple[int, ...]
    scores: Scores
    source: str
    kind: ScoreKind | None = None
    uncalibrated: bool = False


def is_estimator(model: Any) -> bool:
    """Tell whether an object classifies as scikit-learn's estimators do."""
    return not isinstance(model, type) and hasattr(model, "classes_") and hasattr(model, "predict")


def refuse_no_classifier(model: Any, name: str) -> None:
    """Raise NotAuditableError for an estimator that is no classifier of one class an input."""
    kind, why = type(model).__name__, None
    if not is_estimator(model):
        why = "has no classes_: it is no classifier, or it was not fitted"
    elif np.ndim(model.classes_[0]) or np.ndim(model.classes_) != 1:
        why = "has several outputs, each with classes of its own"
    elif len(model.classes_) < 2:
        why = f"knows only one class, {model.classes_[0]}"
    if why is not None:
        raise NotAuditableError(f"{name}: a {kind} that {why}", expected="a fitted classifier")


def scoring_of(model: Any, options: OpenOptions, name: str) -> Scoring:
    """Find scores of an estimator whose largest is always of the class that it predicts.

    What `predict` says is the classifier: it is what is used, and scored. Probabilities
    are preferred, then decisions; but not those that say otherwise on some input near the
    boundaries of `predict`, as probabilities of a support vector machine do, which were
    fitted beside it. Where none is left, a one stands in the place of the class predicted.
    """
    refuse_no_classifier(model, name)
    classes = np.asarray(model.classes_).tolist()
    features = getattr(model, "n_features_in_", None)

    labels = _by(model.predict)

    def places(x: FloatArray) -> FloatArray:
        return one_hot_of(labels(x), classes)

    shape, predicted = first_answers(
        labels, options, name, None if features is None else (int(features),)
    )
    if predicted.size != len(predicted):
        raise NotAuditableError(
            f"{name} predicts {predicted.shape[1:]} labels for one input",
            expected="one class an input",
        )
    first_answers(places, options, name, shape)  # that there are no others than its classes
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of inputs that nobody gave
        x = _near_boundaries(lambda rows: places(rows).argmax(axis=1), shape)
        said = places(x)
        for source, scores in _ways(model, len(classes)):
            if _agrees(scores, x, said):
                # Margins, such as those of support vector machines, are not trained by
                # likelihood, so that larger ones are no sign of inputs of the right size.
                return Scoring(shape, scores, source, uncalibrated=source != "predict_proba")
    return Scoring(shape, places, "the classes that it predicts", "labels")


def _ways(model: Any, classes: int) -> list[tuple[str, Scores]]:
    """List the scores that an estimator may be said to give, the best first."""

    def decisions(x: FloatArray) -> FloatArray:
        given = decide(x)
        return two_scores(given, "logits") if given.ndim == 1 else given

    ways: list[tuple[str, Scores]] = []
    pairs = deciding_on_pairs(model)
    if pairs is not None and classes > 2:  # two are a pair, and nothing to vote on
        vote = _by(pairs)
        ways.append(("votes of its decisions on pairs", lambda x: votes_of_pairs(vote(x), classes)))
    elif pairs is None and hasattr(model, "predict_proba"):
        ways.append(("predict_proba", _by(model.predict_proba)))
    if hasattr(model, "decision_function"):
        decide = _by(model.decision_function)
        ways.append(("decision_function", decisions))
    return ways


def _by(method: Callable[[Any], Any]) -> Callable[[FloatArray], Any]:
    """Make a function of inputs (n, *shape) of a method that takes rows (n, features)."""

    def asked(x: FloatArray) -> Any:
        with warnings.catch_warnings():
            # Inputs are arrays, whose columns have no names, whatever it was fitted on.
            warnings.filterwarnings("ignore", message="X does not have valid feature names")
            return np.asarray(method(x.reshape(len(x), -1)))

    return asked


def _agrees(scores: Scores, x: FloatArray, said: FloatArray) -> bool:
    """Tell whether scores of x are those of the classes (n, classes) that were said of them."""
    try:
        given = scores(x)
    except Exception:  # noqa: BLE001 - what cannot be had is no score
        return False
    return given.shape == said.shape and bool((given.argmax(axis=1) == said.argmax(axis=1)).all())


def _near_boundaries(predict: Callable[[FloatArray], Any], shape: tuple[int, ...]) -> FloatArray:
    """Find inputs on both sides of boundaries between classes, and some far from them.

    Nobody knows of what range they are: some are tried, and those that fail left out.
    """
    random = np.random.default_rng(0)
    draws = [scale * random.random((_DRAWS, *shape)) for scale in _SCALES]
    draws += [scale * random.standard_normal((_DRAWS, *shape)) for scale in _SCALES]
    tried, starts, ends = [], [], []
    for x in (draw.astype(np.float32) for draw in draws):
        with suppress(Exception):  # such inputs it does not take
            classes = predict(x)
            differ = np.flatnonzero(classes[1:] != classes[:-1])
            tried.append(x)
            starts.append(x[differ])
            ends.append(x[differ + 1])
    if not tried:
        return draws[0].astype(np.float32)
    start, end = (np.concatenate(parts)[:_MOST_PAIRS] for parts in (starts, ends))
    return np.concatenate([*tried, *_closing_in(predict, start, end)])


def _closing_in(
    predict: Callable[[FloatArray], Any], start: FloatArray, end: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Halve the way between inputs of different classes until both are close to a boundary."""
    if not len(start):
        return start, end
    own = predict(start)
    for _ in range(_HALVINGS):
        middle = (start + end) / 2
        stays = (predict(middle) == own).reshape(-1, *[1] * (start.ndim - 1))
        start, end = np.where(stays, middle, start), np.where(stays, end, middle)
    return start, end
