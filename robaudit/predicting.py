"""From inputs to classes: in batches, and the same whatever the batch.

Frameworks add in another order for another batch shape, so the last digits of
scores may differ. Where the two best classes lie closer than that, the decision
is taken from the scores of that input computed alone.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from robaudit.batches import batch_size_for as batch_size_for
from robaudit.batches import batches_are_independent as batches_are_independent
from robaudit.batches import one_at_a_time as one_at_a_time
from robaudit.batches import slices as slices
from robaudit.batches import with_proved_batches as with_proved_batches
from robaudit.errors import (
    ClassifierError,
    RobauditError,
    is_out_of_memory,
    is_out_of_processes,
    out_of_processes,
    program_ended,
)
from robaudit.types import (
    BoolArray,
    Bound,
    Classifier,
    FloatArray,
    IntArray,
    NamedArrays,
    Predict,
    Probe,
    Prober,
)

SCALE_INPUTS = 64
"""So many inputs tell how large scores are."""

_TOGETHER = 8
_SAFETY = 16
"""How much larger differences may be than among the few inputs that are computed twice."""


def score_scale(predict: Predict, x: FloatArray, batch_size: int) -> float:
    """Tell how large scores usually are, by the first inputs of x (n, *shape): see `near_ties`.

    It is the median of the largest scores. Half precision and the like inside a model do
    not show in the type of its scores, but as differences between inputs computed
    together and alone: where these are larger than scores of that size would explain, it
    is the size that would.
    """
    few = x[:SCALE_INPUTS]
    scores = np.concatenate([predict(few[part]) for part in slices(len(few), batch_size)])
    sizes = np.where(np.isfinite(scores), np.abs(scores), 0.0).max(axis=1)
    usual = float(np.median(sizes.astype(np.float64)))
    first = few[: min(_TOGETHER, batch_size)]
    alone = np.concatenate([predict(first[row : row + 1]) for row in range(len(first))])
    with np.errstate(invalid="ignore"):  # two infinite scores
        differences = np.abs(predict(first).astype(np.float64) - alone)
    largest = np.where(np.isfinite(differences), differences, 0.0).max(initial=0.0)
    return max(usual, float(_SAFETY * largest / rounding_error(scores.dtype)))


def rounding_error(dtype: np.dtype) -> float:
    """Bound the rounding errors of scores, as a share of how large they are."""
    units = 16 if dtype == np.float16 else 256
    return float(units * np.finfo(dtype).eps)


def near_ties(scores: FloatArray, scale: float, share: float = 1.0) -> BoolArray:
    """Mark rows of (n, classes) whose two best scores differ by no more than rounding may.

    Rounding errors are as large as what was added up, whatever came out of it, so
    ``scale`` is how large scores usually are (`score_scale`). With a ``share``, only those
    that differ by no more than this share of it.
    """
    second, best = np.partition(scores, -2, axis=1)[:, -2:].astype(np.float64).T
    size = np.maximum(np.abs(best), scale)
    with np.errstate(invalid="ignore"):  # two infinite scores: the gap is no number, and no tie
        return np.asarray(best - second <= share * rounding_error(scores.dtype) * size)


def decide(
    scores: FloatArray, scale: float, alone: Callable[[int], FloatArray]
) -> tuple[IntArray, list[int]]:
    """Give the class of each row, and the rows that are near ties.

    ``scores`` is (n, classes); ``alone(i)`` gives the scores (1, classes) of row
    i computed in a batch of its own. Near ties are counted by these, and at half the
    distance, so that which they are does not depend on the batch either.
    """
    classes, ties = scores.argmax(axis=1), list[int]()
    for row in np.flatnonzero(near_ties(scores, scale)).tolist():
        own = alone(row)
        classes[row] = own[0].argmax()
        if near_ties(own, scale, share=0.5)[0]:
            ties.append(row)
    return classes, ties


def predict_classes(predict: Predict, x: FloatArray, scale: float) -> IntArray:
    """Predict the class of each input of one batch: (n, *shape) -> (n,)."""
    return decide(predict(x), scale, lambda row: predict(x[row : row + 1]))[0]


def classes_of(predict: Predict, x: FloatArray, batch_size: int) -> tuple[IntArray, float]:
    """Predict the classes (n,) of any number of inputs (n, *shape); also give `score_scale`."""
    scale = score_scale(predict, x, batch_size)
    parts = [predict_classes(predict, x[part], scale) for part in slices(len(x), batch_size)]
    return np.concatenate(parts), scale


def check_scores(
    scores: FloatArray, count: int, classes: int, *, numbers: bool = True
) -> FloatArray:
    """Give scores as floating-point numbers (count, classes).

    Raises ClassifierError for another shape, for complex numbers and, unless they may be no
    ``numbers``, for NaN.
    """
    if scores.shape != (count, classes):
        raise ClassifierError(
            f"the model gave scores of shape {scores.shape} for {count} inputs",
            expected=f"({count}, {classes})",
        )
    if np.issubdtype(scores.dtype, np.complexfloating):
        raise ClassifierError(
            f"the model gave complex numbers ({scores.dtype})", expected="real scores"
        )
    if not np.issubdtype(scores.dtype, np.floating):
        scores = scores.astype(np.float32)
    if numbers and np.isnan(scores).any():
        bad = int(np.isnan(scores).any(axis=1).sum())
        raise ClassifierError(
            f"the model gave scores that are not numbers (NaN) for {bad} of {count} inputs",
            expected="a score for each class",
            advice="Check `mean` and `std`, and that the model's weights are finite.",
        )
    return scores


@contextmanager
def failing_as(
    what: str, *, expected: str = "scores", advice: str = "Try `batch_size=1`."
) -> Iterator[None]:
    """Turn whatever a framework, or a stranger's function, raises into a ClassifierError.

    What ends the program is a UsageError.
    """
    try:
        yield
    except (RobauditError, MemoryError):
        raise
    except SystemExit as error:
        raise program_ended(what, error) from error
    except Exception as error:
        message = " ".join(str(error).split())[:300]
        if is_out_of_memory(error):
            raise MemoryError(message) from error
        if is_out_of_processes(error):
            raise out_of_processes(error) from error
        raise ClassifierError(
            f"{what} fails ({type(error).__name__}: {message})",
            expected=expected,
            advice=advice,
        ) from error


def refuse_other_weights(arrays: NamedArrays, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Raise ClassifierError for arrays that are not those of a model by their names and shapes.

    ``shapes`` are those of all weights that the model has.
    """
    given = {name: array.shape for name, array in arrays.items()}
    differing = [
        f"{name} {given.get(name, 'missing')}, not {shapes.get(name, 'known')}"
        for name in {**shapes, **given}
        if given.get(name) != shapes.get(name)
    ]
    if differing:
        more = f"; {len(differing) - 1} more" if len(differing) > 1 else ""
        raise ClassifierError(
            f"weights of another model: {differing[0]}{more}",
            expected="the names and shapes that `weights.take()` gives",
        )


def checked(classifier: Classifier, *, numbers: bool = True) -> Classifier:
    """Make a classifier whose scores are checked, whichever way they come: see `check_scores`."""
    predict, prober, classes = classifier.predict, classifier.prober, classifier.spec.classes

    def predict_checked(x: FloatArray) -> FloatArray:
        with failing_as(classifier.name):
            return check_scores(predict(x), len(x), classes, numbers=numbers)

    if prober is None:
        return replace(classifier, predict=predict_checked)

    def prober_checked(x: FloatArray, directions: FloatArray, low: Bound, high: Bound) -> Probe:
        with failing_as(classifier.name):
            probe = prober(x, directions, low, high)

        def probe_checked(
            sample: IntArray, direction: IntArray, distance: FloatArray
        ) -> FloatArray:
            with failing_as(classifier.name):
                scores = probe(sample, direction, distance)
                return check_scores(scores, len(sample), classes, numbers=numbers)

        return probe_checked

    return replace(classifier, predict=predict_checked, prober=prober_checked)


def points_on_rays(
    samples: FloatArray, directions: FloatArray, distances: FloatArray, low: Bound, high: Bound
) -> FloatArray:
    """Compute ``clip(sample + distance * direction, low, high)``, row by row.

    ``samples`` and ``directions`` are (n, *shape) float32, signed ``distances`` (n,).
    """
    points = directions * distances.astype(np.float32).reshape(-1, *[1] * (samples.ndim - 1))
    points += samples
    return np.clip(points, low, high, out=points)


def direct_prober(predict: Predict) -> Prober:
    """Make a prober that computes its points with NumPy and asks ``predict``."""

    def bind(x: FloatArray, directions: FloatArray, low: Bound, high: Bound) -> Probe:
        def probe(sample: IntArray, direction: IntArray, distance: FloatArray) -> FloatArray:
            points = points_on_rays(x[sample], directions[direction], distance, low, high)
            return predict(points)

        return probe

    return bind


def make_probe(
    classifier: Classifier, x: FloatArray, directions: FloatArray, *, clip: bool
) -> Probe:
    """Bind samples (S, *shape) and directions (K, *shape) to a classifier's probe."""
    spec = classifier.spec
    low, high = (spec.low, spec.high) if clip else (-np.inf, np.inf)
    return (classifier.prober or direct_prober(classifier.predict))(x, directions, low, high)
