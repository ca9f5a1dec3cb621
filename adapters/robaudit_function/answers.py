"""What functions give, and the scores of classes that it stands for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from robaudit import OpenOptions
from robaudit.errors import ClassifierError, NotAuditableError, UsageError
from robaudit.opening import doubt_of_one_score, one_hot_of, score_kind_of_one, two_scores
from robaudit.types import FloatArray, ScoreKind

Array = npt.NDArray[Any]

_ROUNDING = 1e-3
"""How far beyond 0 and 1 a probability may be."""


@dataclass(frozen=True)
class Reading:
    """How the answers of one function are read: ``scores`` makes (n, classes) of them.

    ``kind`` is what these are where the answers are no scores of each class; ``doubt`` is
    that of `Classifier`.
    """

    scores: Callable[[Array], FloatArray]
    kind: ScoreKind | None = None
    doubt: str | None = None


def array_of(answers: Any, count: int, name: str) -> Array:
    """Make an array (count, ...) of what the function ``name`` gave for ``count`` inputs.

    Raises ClassifierError for what is no answer for each, and NotAuditableError for what is
    none that can be read, whatever the input.
    """
    try:
        array = np.asarray(_plain(answers))
    except (ValueError, TypeError) as error:
        raise _unreadable(answers, name) from error
    if array.dtype == np.object_:  # names, as scikit-learn and pandas have them
        array = np.asarray(array.tolist())
    if array.dtype.kind not in "biufUST" or isinstance(answers, Mapping):
        raise _unreadable(answers, name)
    if count == 1 and array.shape != (1,) and array.ndim < 2:  # of functions of one input
        array = array[None]
    if array.ndim == 0 or len(array) != count:
        raise ClassifierError(
            f"{name} gives {array.shape} for {count} input(s)", expected="a row of scores for each"
        )
    return array


def read_answers(answers: Array, options: OpenOptions, name: str) -> Reading:
    """Tell by its first answers (n, ...) how a function's answers are to be read.

    They may be scores of each class, one score that tells two classes apart, numbers of
    classes, or their names. Raises UsageError where something has to be known for that.
    """
    if answers.ndim != 1 and answers.size != len(answers):
        return Reading(_as_scores)
    known = options.spec.classes if options.spec else options.classes
    first = answers.ravel()
    if first.dtype.kind in "UST":
        return _names(first, options, name)
    if first.dtype == np.bool_:
        return _numbers(known or 2)
    if first.dtype.kind in "iu" or _are_numbers_of_classes(first, options, known):
        if known is None:
            raise UsageError(
                "a function that gives class numbers, and nothing says how many classes",
                expected="labelled data, or scores for each class",
            )
        return _numbers(known)
    kind = score_kind_of_one(first, options, name)
    doubt = doubt_of_one_score(kind, options, name)
    return Reading(lambda given: _of_one_score(given, kind, name), kind, doubt)


def _are_numbers_of_classes(answers: FloatArray, options: OpenOptions, classes: int | None) -> bool:
    """Tell numbers of classes, written as real ones, from one score an input.

    Those of two classes are the same as probabilities that are certain.
    """
    unknown = np.isnan(answers)
    if options.scores not in (None, "labels") or unknown.all():
        return False
    if not (unknown | (answers == np.rint(answers))).all():
        return False
    return (classes or 2) > 2 or not np.isin(answers, (0, 1)).all()


def _numbers(classes: int) -> Reading:
    return Reading(lambda given: one_hot_of(given, range(classes)), "labels")


def _names(answers: Array, options: OpenOptions, name: str) -> Reading:
    names = options.spec.class_names if options.spec else None
    if names is None:
        raise UsageError(
            f"{name} gives names of classes ({str(answers[0])!r}), and nothing says which there "
            "are",
            expected="scores for each class, numbers of classes, or a spec with class_names",
        )
    return Reading(lambda given: one_hot_of(given.astype(str), names), "labels")


def _of_one_score(answers: Array, kind: ScoreKind, name: str) -> FloatArray:
    score = _as_scores(answers).ravel()
    beyond = (score < -_ROUNDING) | (score > 1 + _ROUNDING)
    if kind == "probabilities" and beyond.any():
        raise NotAuditableError(
            f"{name} gives {score[beyond][0]:.3g} for an input",
            expected="a probability, as for other inputs",
            advice="If it is the raw score of the second of two classes, say so: "
            "`scores='logits'`; if such inputs are none that it was made for, say which are with "
            "`mean` and `std`.",
        )
    return two_scores(score, kind)


def _as_scores(answers: Array) -> FloatArray:
    real = np.issubdtype(answers.dtype, np.floating)
    return answers if real else answers.astype(np.float32)


def _plain(answers: Any) -> Any:
    """Bring tensors, also those in a list, to where NumPy can read them."""
    if hasattr(answers, "detach"):  # PyTorch: it may have gradients, or be on another device
        answers = answers.detach().cpu()
        return answers.float() if str(answers.dtype) == "torch.bfloat16" else answers
    if hasattr(answers, "toarray"):  # sparse, as SciPy has it
        return answers.toarray()
    return [_plain(each) for each in answers] if isinstance(answers, list | tuple) else answers


def _unreadable(answers: Any, name: str) -> NotAuditableError:
    """Say by name what cannot be read."""
    kind = f"a {type(answers).__name__}" if answers is not None else "None"
    if isinstance(answers, Mapping):
        kind += f" with {', '.join(map(str, list(answers)[:3]))}"
    elif isinstance(answers, np.ndarray):
        kind = f"an array of type {answers.dtype}"
    elif isinstance(answers, list | tuple) and answers:
        kinds = sorted({type(each).__name__ for each in answers})
        kind += f" of {' and '.join(kinds[:3])}, which make no array"
    return NotAuditableError(
        f"{name} gives {kind}", expected="an array, or a list, with a row of scores for each input"
    )
