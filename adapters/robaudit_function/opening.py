"""From a function, or a fitted estimator, to a classifier."""

import hashlib
import inspect
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from robaudit import Classifier, OpenOptions, load
from robaudit.errors import UsageError
from robaudit.opening import find_doubt, find_spec, trial_inputs
from robaudit.types import FloatArray, Predict
from robaudit.user_code import find_object
from robaudit_function.estimators import (
    ESTIMATOR_SUFFIXES,
    class_names,
    is_estimator,
    one_hot,
    read_estimator,
    scores_of,
)

_MODULES = ("torch", "keras")


def open_model(source: Any, options: OpenOptions) -> Classifier:
    """Open a callable, an estimator, or what a reference or a path names.

    A reference, ``package.module:name``, may also name a Classifier, which is
    taken as it is, or a model that another adapter opens.
    """
    if isinstance(source, str | Path):
        path = Path(source)
        if path.suffix.lower() in ESTIMATOR_SUFFIXES:
            with_file = read_estimator(path, trust=options.trust)
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            return _open(with_file, path.name, digest, options)
        named = find_object(str(source))
        if isinstance(named, Classifier):
            return named
        if callable(named) or is_estimator(named):
            name = str(source).rpartition(":")[2]
            modules = {base.__module__.partition(".")[0] for base in type(named).__mro__}
            if modules.isdisjoint(_MODULES):
                return _open(named, name, _digest(named), options)
            return load(named, options)
        raise UsageError(
            f"{source} is a {type(named).__name__}",
            expected="a function from images to scores, an estimator or a Classifier",
        )
    name = getattr(source, "__name__", type(source).__name__)
    return _open(source, name, _digest(source), options)


def _digest(model: Any) -> str:
    """SHA-256 of a function's source, or of what an estimator would be saved as."""
    try:
        if is_estimator(model):
            content = pickle.dumps(model)
        else:
            content = inspect.getsource(inspect.unwrap(model)).encode()
    except Exception:  # noqa: BLE001 - neither has a form that can be written down
        content = f"{type(model).__module__}.{type(model).__qualname__} {model!r}".encode()
    return hashlib.sha256(content).hexdigest()


def _open(model: Any, name: str, fingerprint: str, options: OpenOptions) -> Classifier:
    predict: Callable[[FloatArray], Any]
    declared, names = None, None
    if is_estimator(model):
        predict, names = scores_of(model), class_names(model)
        features = getattr(model, "n_features_in_", None)
        declared = None if features is None else (int(features),)
        kind = f"an estimator ({type(model).__name__})"
    else:
        predict, kind = model, "a function"
    scores = _as_scores(predict, options)
    spec = find_spec(scores, options, name, declared)
    if not is_estimator(model) and _gives_numbers(model, spec.shape):
        spec = replace(spec, scores="labels")
    if names is not None and spec.class_names is None and len(names) == spec.classes:
        spec = replace(spec, class_names=names)
    return Classifier(
        name=name,
        spec=spec,
        predict=lambda x: scores(x) if len(x) else np.zeros((0, spec.classes), dtype=np.float32),
        fingerprint=fingerprint,
        adapter="function",
        doubt=find_doubt(spec, options),
        details={"kind": kind},
    )


def _gives_numbers(predict: Callable[[FloatArray], Any], shape: tuple[int, ...]) -> bool:
    return np.ndim(predict(trial_inputs(shape)[:1])) == 1


def _as_scores(predict: Callable[[FloatArray], Any], options: OpenOptions) -> Predict:
    """Make a function that gives an array of scores (n, classes) of one that gives about that.

    What it gives may be anything that NumPy makes an array of. Class numbers (n,)
    become rows with a one in their place.
    """
    spec = options.spec
    classes = spec.classes if spec else options.classes

    def scores(x: FloatArray) -> FloatArray:
        answers = np.asarray(predict(x))
        if (
            answers.ndim == 1
            and len(answers) == len(x)
            and np.issubdtype(answers.dtype, np.integer)
        ):
            if classes is None:
                raise UsageError(
                    "a function that gives class numbers, and nothing says how many classes",
                    expected="labelled data, or scores for each class",
                )
            return one_hot(answers, classes)
        return answers if np.issubdtype(answers.dtype, np.floating) else answers.astype(np.float32)

    return scores
