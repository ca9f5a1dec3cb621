"""From a function, or a fitted estimator, to a classifier."""

import hashlib
import inspect
import pickle
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from robaudit import Classifier, OpenOptions, load
from robaudit.errors import NotAuditableError, UsageError
from robaudit.opening import class_names_of, find_doubt, find_spec, first_answers, takes_a_row
from robaudit.types import FloatArray, Predict, ScoreKind
from robaudit.user_code import find_object
from robaudit_function.answers import array_of, read_answers
from robaudit_function.estimator_files import SUFFIXES, read_estimator
from robaudit_function.estimators import is_estimator, scoring_of

_MODULES = ("torch", "keras")


def open_model(source: Any, options: OpenOptions) -> Classifier:
    """Open a callable, an estimator, or what a reference or a path names.

    A reference, ``package.module:name``, may also name a Classifier, which is
    taken as it is, or a model that another adapter opens.
    """
    if isinstance(source, str | Path):
        path = Path(source)
        if path.suffix.lower() in SUFFIXES:
            read, saved_by = read_estimator(path, trust=options.trust)
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            if _is_anothers(read):
                return replace(load(read, options), name=path.name, fingerprint=digest)
            if isinstance(read, Mapping):
                raise NotAuditableError(
                    f"{path} holds a {type(read).__name__} ({', '.join(map(str, list(read)[:4]))})",
                    expected="a fitted classifier, or a network",
                    advice="Weights of PyTorch's are written with torch.save, as .pth.",
                )
            return _open_estimator(read, path.name, digest, options, saved_by)
        named = find_object(str(source))
        if isinstance(named, Classifier):
            return named
        if callable(named) or hasattr(named, "predict"):
            name = str(source).rpartition(":")[2]
            if _is_anothers(named):
                return load(named, options)
            return _open(named, name, _digest(named), options)
        raise UsageError(
            f"{source} is a {type(named).__name__}",
            expected="a function from images to scores, an estimator or a Classifier",
        )
    name = getattr(source, "__name__", type(source).__name__)
    return _open(source, name, _digest(source), options)


def _is_anothers(model: Any) -> bool:
    """Tell whether a model is one for another adapter."""
    modules = {base.__module__.partition(".")[0] for base in type(model).__mro__}
    return not modules.isdisjoint(_MODULES)


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
    if is_estimator(model) or (hasattr(model, "predict") and not callable(model)):
        return _open_estimator(model, name, fingerprint, options, None)

    def asked(x: FloatArray) -> FloatArray:
        return array_of(model(x.copy()), len(x), name)  # it may normalise what it gets in place

    shape, answers = first_answers(asked, options, name)
    reading = read_answers(answers, options, name)
    classifier = _classifier(
        name,
        shape,
        lambda x: reading.scores(asked(x)),
        reading.kind,
        options,
        fingerprint=fingerprint,
        details={"kind": "a function"},
    )
    return replace(
        classifier,
        doubt=reading.doubt or classifier.doubt,
        in_a_row=takes_a_row(classifier.predict, classifier.spec, options),
    )


def _open_estimator(
    model: Any, name: str, fingerprint: str, options: OpenOptions, saved_by: str | None
) -> Classifier:
    try:
        scoring = scoring_of(model, options, name)
    except NotAuditableError as error:
        if saved_by is None:
            raise
        raise NotAuditableError(
            f"{error.found} (it was saved by scikit-learn {saved_by})",
            expected=error.expected,
            advice=f"Open it by that version: pip install scikit-learn=={saved_by}.",
        ) from error
    kind = type(model).__name__ + (f", saved by scikit-learn {saved_by}" if saved_by else "")
    classifier = _classifier(
        name,
        scoring.shape,
        scoring.scores,
        scoring.kind,
        options,
        fingerprint=fingerprint,
        uncalibrated=scoring.uncalibrated,
        details={"kind": f"an estimator ({kind})", "scores": scoring.source},
    )
    names = class_names_of(np.asarray(model.classes_).tolist())
    if names is None or classifier.spec.class_names is not None:
        return classifier
    return replace(classifier, spec=replace(classifier.spec, class_names=names))


def _classifier(
    name: str,
    shape: tuple[int, ...],
    scores: Predict,
    kind: ScoreKind | None,
    options: OpenOptions,
    **facts: Any,
) -> Classifier:
    """Make a classifier of a function of scores; their values tell their kind, if ``None``."""
    spec = find_spec(scores, options, name, shape)
    if kind is not None:
        spec = replace(spec, scores=kind)
    return Classifier(
        name=name,
        spec=spec,
        predict=lambda x: scores(x) if len(x) else np.zeros((0, spec.classes), dtype=np.float32),
        adapter="function",
        doubt=find_doubt(spec, options),
        **facts,
    )
