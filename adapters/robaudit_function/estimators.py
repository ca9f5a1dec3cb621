"""Fitted estimators with the methods of scikit-learn's classifiers."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from robaudit.errors import NotAuditableError, RobauditError, UsageError
from robaudit.model_files import look_at_file
from robaudit.requirements import Requirement, needs
from robaudit.types import FloatArray

ESTIMATOR_SUFFIXES = (".skops", ".joblib", ".pkl", ".pickle")
_INSTALL = 'pip install "robaudit[sklearn]"'
_SKOPS = (Requirement("scikit-learn", "1.5", _INSTALL), Requirement("skops", "0.11", _INSTALL))


def is_estimator(model: Any) -> bool:
    """Tell whether an object classifies as scikit-learn's estimators do."""
    return not isinstance(model, type) and hasattr(model, "classes_") and hasattr(model, "predict")


def scores_of(model: Any) -> Callable[[FloatArray], Any]:
    """Make a function from rows (n, features) to scores (n, classes) of an estimator.

    Probabilities where it gives any, else its decision function, else a one in
    the place of the class that it predicts.
    """
    classes = np.asarray(model.classes_)

    def predict(x: FloatArray) -> FloatArray:
        rows = x.reshape(len(x), -1)
        if hasattr(model, "predict_proba"):
            return np.asarray(model.predict_proba(rows))
        if hasattr(model, "decision_function"):
            decisions = np.asarray(model.decision_function(rows))
            return np.stack([-decisions, decisions], axis=1) if decisions.ndim == 1 else decisions
        return one_hot(np.searchsorted(classes, model.predict(rows)), len(classes))

    numbers = _class_numbers(classes)
    if numbers is None or np.array_equal(numbers, np.arange(len(classes))):
        return predict
    return lambda x: _in_places(predict(x), numbers)


def class_names(model: Any) -> tuple[str, ...] | None:
    """Give the names of an estimator's classes, where they are not numbers."""
    classes = np.asarray(model.classes_)
    return None if _class_numbers(classes) is not None else tuple(map(str, classes))


def one_hot(classes: Any, count: int) -> FloatArray:
    """Make rows (n, count) with a one in the place of each class (n,)."""
    rows: FloatArray = np.eye(count, dtype=np.float32)[classes]
    return rows


def _class_numbers(classes: Any) -> Any:
    if np.issubdtype(classes.dtype, np.integer) and classes.min() >= 0:
        return classes
    return None


def _in_places(scores: FloatArray, numbers: Any) -> FloatArray:
    """Put the scores of classes that were seen in training in the columns of their numbers."""
    lowest = 0.0 if (scores >= 0).all() else -np.inf
    full = np.full((len(scores), int(numbers.max()) + 1), lowest, dtype=scores.dtype)
    full[:, numbers] = scores
    return full


def read_estimator(path: Path, *, trust: bool) -> Any:
    """Read a file that holds an estimator.

    A ``.skops`` file is read as long as it names nothing but what skops knows; the
    other formats are pickles. Raises UsageError for what runs code without consent.
    """
    look_at_file(path, "an estimator")
    harmless = path.suffix.lower() == ".skops"
    if not harmless and not trust:
        raise UsageError(
            f"{path} is a pickle: reading it runs the code that it names",
            expected="a .skops file, or consent",
            advice="If you trust whoever made it with your machine, add --trust-model.",
        )
    with needs(_SKOPS):
        import joblib  # noqa: PLC0415 - heavy, and comes with scikit-learn
        import skops.io  # noqa: PLC0415
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other versions of scikit-learn
            estimator = _read_skops(path, skops.io, trust=trust) if harmless else joblib.load(path)
    except (RobauditError, MemoryError):
        raise
    except Exception as error:
        raise NotAuditableError(
            f"{path} is damaged, or holds no estimator ({type(error).__name__}: {error})",
            expected="a fitted estimator",
        ) from error
    if not is_estimator(estimator):
        raise NotAuditableError(
            f"{path} holds a {type(estimator).__name__}", expected="a fitted classifier"
        )
    return estimator


def _read_skops(path: Path, skops_io: Any, *, trust: bool) -> Any:
    strange = skops_io.get_untrusted_types(file=path)
    if strange and not trust:
        raise UsageError(
            f"{path} names {', '.join(strange[:3])}: reading it runs code of these",
            expected="types that skops knows",
            advice="If you trust whoever made it with your machine, add --trust-model.",
        )
    return skops_io.load(path, trusted=strange)
