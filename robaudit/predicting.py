"""From inputs to classes: in batches, and the same whatever the batch.

Frameworks add in another order for another batch shape, so the last digits of
scores may differ. Where the two best classes lie closer than that, the decision
is taken from the scores of that input computed alone.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from robaudit.errors import ClassifierError, RobauditError, is_out_of_memory
from robaudit.types import (
    BoolArray,
    Bound,
    Classifier,
    FloatArray,
    InputSpec,
    IntArray,
    Predict,
    Probe,
)

_BATCH_NUMBERS = 2**20
_LARGEST_BATCH = 128
SCALE_INPUTS = 64
"""So many inputs tell how large scores are."""

_TOGETHER = 8
_SAFETY = 16
"""How much larger differences may be than among the few inputs that are computed twice."""


def batch_size_for(spec: InputSpec) -> int:
    """Choose how many inputs to hand to a model at a time.

    >>> batch_size_for(InputSpec(shape=(1, 28, 28), classes=10))
    128
    >>> batch_size_for(InputSpec(shape=(3, 224, 224), classes=1000))
    6
    """
    return int(np.clip(_BATCH_NUMBERS // spec.dimension, 1, _LARGEST_BATCH))


def slices(total: int, size: int) -> Iterator[slice]:
    """Cut ``range(total)`` into runs of at most ``size``."""
    for start in range(0, total, size):
        yield slice(start, min(start + size, total))


def score_scale(predict: Predict, x: FloatArray, batch_size: int) -> float:
    """Tell how large scores usually are, by the first inputs of x (n, *shape): see `near_ties`.

    It is the median of the largest scores. Half precision and the like inside a model do
    not show in the type of its scores, but as differences between inputs computed
    together and alone: where these are larger than scores of that size would explain, it
    is the size that would.
    """
    few = x[:SCALE_INPUTS]
    scores = np.concatenate([predict(few[part]) for part in slices(len(few), batch_size)])
    usual = float(np.median(np.where(np.isfinite(scores), np.abs(scores), 0.0).max(axis=1)))
    some = few[: min(_TOGETHER, batch_size)]
    alone = np.concatenate([predict(some[row : row + 1]) for row in range(len(some))])
    with np.errstate(invalid="ignore"):  # two infinite scores
        differences = np.abs(predict(some).astype(np.float64) - alone)
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
) -> tuple[IntArray, int]:
    """Give the class of each row, and how many near ties there are among them.

    ``scores`` is (n, classes); ``alone(i)`` gives the scores (1, classes) of row
    i computed in a batch of its own. Near ties are counted by these, and at half the
    distance, so that their number does not depend on the batch either.
    """
    classes, ties = scores.argmax(axis=1), 0
    for row in np.flatnonzero(near_ties(scores, scale)):
        own = alone(int(row))
        classes[row] = own[0].argmax()
        ties += int(near_ties(own, scale, share=0.5)[0])
    return classes, ties


def predict_classes(predict: Predict, x: FloatArray, scale: float) -> IntArray:
    """Predict the class of each input of one batch: (n, *shape) -> (n,)."""
    return decide(predict(x), scale, lambda row: predict(x[row : row + 1]))[0]


def classes_of(predict: Predict, x: FloatArray, batch_size: int) -> tuple[IntArray, float]:
    """Predict the classes (n,) of any number of inputs (n, *shape); also give `score_scale`."""
    scale = score_scale(predict, x, batch_size)
    parts = [predict_classes(predict, x[part], scale) for part in slices(len(x), batch_size)]
    return np.concatenate(parts), scale


def check_scores(scores: FloatArray, count: int, classes: int) -> FloatArray:
    """Give scores as floating-point numbers (count, classes).

    Raises ClassifierError for another shape, and for scores that are not numbers.
    """
    if scores.shape != (count, classes):
        raise ClassifierError(
            f"the model gave scores of shape {scores.shape} for {count} inputs",
            expected=f"({count}, {classes})",
        )
    if not np.issubdtype(scores.dtype, np.floating):
        scores = scores.astype(np.float32)
    if np.isnan(scores).any():
        raise ClassifierError(
            "the model gave scores that are not numbers (NaN)",
            expected="a score for each class",
            advice="Check --mean and --std, and that the model's weights are finite.",
        )
    return scores


@contextmanager
def failing_as(
    what: str, *, expected: str = "scores", advice: str = "Try --batch-size 1."
) -> Iterator[None]:
    """Turn whatever a framework, or a stranger's function, raises into a ClassifierError."""
    try:
        yield
    except (RobauditError, MemoryError):
        raise
    except Exception as error:
        message = " ".join(str(error).split())[:300]
        if is_out_of_memory(error):
            raise MemoryError(message) from error
        raise ClassifierError(
            f"{what} fails ({type(error).__name__}: {message})",
            expected=expected,
            advice=advice,
        ) from error


def checked(classifier: Classifier) -> Classifier:
    """Make a classifier whose scores are checked, whichever way they come."""
    predict, prober, classes = classifier.predict, classifier.prober, classifier.spec.classes

    def predict_checked(x: FloatArray) -> FloatArray:
        with failing_as(classifier.name):
            return check_scores(predict(x), len(x), classes)

    if prober is None:
        return replace(classifier, predict=predict_checked)

    def prober_checked(x: FloatArray, directions: FloatArray, low: Bound, high: Bound) -> Probe:
        with failing_as(classifier.name):
            probe = prober(x, directions, low, high)

        def probe_checked(
            sample: IntArray, direction: IntArray, distance: FloatArray
        ) -> FloatArray:
            with failing_as(classifier.name):
                return check_scores(probe(sample, direction, distance), len(sample), classes)

        return probe_checked

    return replace(classifier, predict=predict_checked, prober=prober_checked)


def one_at_a_time(classifier: Classifier) -> Classifier:
    """Make a classifier that hands its model one input at a time, for gradients too."""
    vjp, twin = classifier.vjp, classifier.twin
    return replace(
        classifier,
        predict=_singly(classifier.predict),
        prober=None,
        vjp=vjp and _singly(vjp),
        twin=twin and _singly(twin),
    )


def _singly(function: Callable[..., FloatArray]) -> Callable[..., FloatArray]:
    def one_by_one(*arrays: FloatArray) -> FloatArray:
        rows = range(len(arrays[0]))
        return np.concatenate([function(*(a[row : row + 1] for a in arrays)) for row in rows])

    return one_by_one


def batches_are_independent(predict: Predict, x: FloatArray, alone: Predict) -> bool:
    """Tell whether inputs get the same scores together as each alone.

    ``x`` is (n, *shape), n of at least 2, with inputs that differ; ``alone`` is
    trusted for one input at a time.
    """
    singly = np.concatenate([alone(x[row : row + 1]) for row in range(len(x))]).astype(np.float64)
    together = predict(x)
    if together.shape != singly.shape:
        return False
    tolerance = 1e-2 if together.dtype == np.float16 else 1e-3
    scale = np.abs(singly[np.isfinite(singly)]).max(initial=0.0)
    return np.allclose(together, singly, rtol=tolerance, atol=tolerance * scale)


def with_proved_batches(
    classifier: Classifier, x: FloatArray, batch_size: int
) -> tuple[Classifier, bool]:
    """Go back to one input at a time where a batch of real inputs does not work.

    ``x`` (n, *shape) is repeated to a whole batch. Also tells whether that was done.
    """
    whole = x[np.arange(batch_size) % len(x)]
    if batch_size < 2:
        return classifier, False
    try:
        proved = batches_are_independent(classifier.predict, whole, classifier.predict)
    except ClassifierError:
        classifier.predict(whole[:1])  # one that fails on a single input fails for good
        proved = False
    return (classifier, False) if proved else (one_at_a_time(classifier), True)
