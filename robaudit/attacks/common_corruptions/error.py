"""The error of a classifier under common corruptions, one by one and on average.

The mean is over corruptions and severities, of errors as they are. That of Hendrycks and
Dietterich (2019), mCE, divides each by the error that AlexNet has there on ImageNet, of which
there is none for other data: the two are not to be compared.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from robaudit.attacks.common_corruptions.library import (
    CORRUPTIONS,
    LIBRARY,
    SEVERITIES,
    corrupt,
)
from robaudit.batches import Pace, all_there, batch_size_for, pace_for, slices
from robaudit.data.memory.in_memory import as_images
from robaudit.data.sampling import balanced_rows
from robaudit.errors import DataError, UsageError
from robaudit.phrases import did_you_mean, is_picture
from robaudit.predicting import classes_of, predict_classes
from robaudit.preprocessing.arrangement import Arrangement
from robaudit.preprocessing.candidates import PreprocessingRequest
from robaudit.preprocessing.opened import open_for
from robaudit.preprocessing.prepare import prepare
from robaudit.stats.bounded import interval, share_interval
from robaudit.stats.means import simple_mean
from robaudit.stats.randomness import Stream, generator
from robaudit.storage.fingerprint import marks_of
from robaudit.types import (
    BoolArray,
    Classifier,
    Estimate,
    FloatArray,
    IntArray,
    Progress,
    no_progress,
)

_FIND_IT = PreprocessingRequest()


@dataclass(frozen=True)
class CorruptionErrors:
    """Errors on the images ``rows`` (S,): ``clean``, under each corruption, and on average.

    ``errors`` has, by the names of corruptions, one estimate a severity; ``of_corruption`` their
    mean over ``severities``, and ``mean`` that over all of both. ``wrong`` (corruptions,
    severities, S) marks the images that the classifier got wrong.
    """

    rows: IntArray
    severities: tuple[int, ...]
    clean: Estimate
    errors: Mapping[str, tuple[Estimate, ...]]
    of_corruption: Mapping[str, Estimate]
    mean: Estimate
    wrong: BoolArray


def corruption_error(
    model: object,
    images: object,
    *,
    samples: int | None = None,
    corruptions: Sequence[str] = CORRUPTIONS,
    severities: Sequence[int] = SEVERITIES,
    seed: int = 0,
    preprocessing: PreprocessingRequest = _FIND_IT,
    batch_size: int | None = None,
    progress: Progress = no_progress,
) -> CorruptionErrors:
    """Measure the error on corrupted pictures, as many of each class as can be.

    ``model`` and ``images`` are all that `robaudit.scan` takes. What chance does to a picture
    follows from the seed, its row, the corruption and the severity alone. Intervals are over
    images, which the severities of all corruptions share.

    Raises DataError for images without labels and for what are no pictures, UsageError for
    corruptions and severities that are none, and MissingDependencyError without the library.
    """
    _check(corruptions, severities)
    images = as_images(images)
    classifier = open_for(model, images)
    count = min(samples or len(images), len(images))
    pace = pace_for(classifier.spec, batch_size, progress=progress)
    prepared = prepare(classifier, images, preprocessing, count=count, seed=seed, pace=pace)
    classifier, labels = prepared.classifier, prepared.images.labels
    arrangement = prepared.choice.preprocessing.arrangement
    if labels is None:
        raise DataError(f"{images.source} has no labels", expected="labelled images to corrupt")
    rows = balanced_rows(labels, count, seed)
    x, y = prepared.inputs(rows), labels[rows]
    predicted, scale = classes_of(classifier.predict, x, pace.batch_size)
    return errors_of(
        classifier, x, y, rows, arrangement, wrong_before=predicted != y, scale=scale, seed=seed,
        pace=pace, corruptions=corruptions, severities=severities, source=images.source,
    )  # fmt: skip


def errors_of(
    classifier: Classifier,
    x: FloatArray,
    y: IntArray,
    rows: IntArray,
    arrangement: Arrangement,
    *,
    wrong_before: BoolArray,
    scale: float,
    seed: int,
    pace: Pace,
    corruptions: Sequence[str] = CORRUPTIONS,
    severities: Sequence[int] = SEVERITIES,
    source: str = "the data",
) -> CorruptionErrors:
    """Measure the error on inputs x (S, *shape) of classes y (S,), rows (S,) of the data.

    ``arrangement`` says how inputs are pictures, ``wrong_before`` (S,) which the classifier has
    wrong as they are. A corruption of some samples that is kept is not done again. Raises
    DataError for what are no pictures, Stopped where the work is to stop, ShareDone for one share
    of a run.
    """
    pictures = _pictures(x, arrangement, source)
    parts = list(slices(len(rows), batch_size_for(classifier.spec)))
    cells = list(product(corruptions, severities))
    asked = [(*cell, part) for cell in cells for part in parts]
    marks = marks_of(x) if pace.blocks.are_kept else None
    library = LIBRARY.found()

    def misclassified(name: str, severity: int, part: slice) -> BoolArray:
        found = []
        for some in slices(part.stop - part.start, pace.batch_size):
            own = rows[part][some]
            changed = _corrupted(pictures[part][some], name, severity, own, seed)
            inputs = arrangement.arrange(changed, classifier.spec.shape)
            found.append(predict_classes(classifier.predict, inputs, scale) != y[part][some])
        return np.concatenate(found)

    def task(number: int) -> tuple[Callable[[], BoolArray], Mapping[str, Any]]:
        pace.progress("corruptions", number, len(asked))
        name, severity, part = asked[number]
        return partial(misclassified, name, severity, part), {
            "corruption": (name, severity, seed),
            "samples": None if marks is None else marks[part],
            "classes": y[part].astype(np.int64),
            "rows": rows[part].astype(np.int64),
            "arrangement": arrangement,
            "scale": scale,
            "library": library,
        }

    found = all_there(pace.blocks.each("corruptions", BoolArray, len(asked), task))
    pace.progress("corruptions", len(asked), len(asked))
    wrong = np.concatenate([np.zeros(0, dtype=bool), *found])
    wrong = wrong.reshape(len(corruptions), len(severities), len(rows))
    return summarise(rows, wrong_before, corruptions, severities, wrong)


def summarise(
    rows: IntArray,
    wrong_before: BoolArray,
    corruptions: Sequence[str],
    severities: Sequence[int],
    wrong: BoolArray,
) -> CorruptionErrors:
    """Make errors of which images (S,) were wrong before, and (corruptions, severities, S) after.

    The mean has Student's interval over images of their own means, none where there is one.
    """
    errors = {
        name: tuple(share_interval(int(each.sum()), len(rows)) for each in of_name)
        for name, of_name in zip(corruptions, wrong, strict=True)
    }
    return CorruptionErrors(
        rows=rows,
        severities=tuple(severities),
        clean=share_interval(int(wrong_before.sum()), len(rows)),
        errors=errors,
        of_corruption={
            name: mean_error(of_name.mean(axis=0))
            for name, of_name in zip(corruptions, wrong, strict=True)
        },
        mean=mean_error(wrong.mean(axis=(0, 1))),
        wrong=wrong,
    )


def mean_error(values: FloatArray) -> Estimate:
    """Estimate the mean of values in 0..1, one an image: (S,)."""
    return interval(simple_mean(values))


def _corrupted(
    pictures: FloatArray, name: str, severity: int, rows: IntArray, seed: int
) -> FloatArray:
    """Corrupt pictures (n, height, width, channels) of rows (n,) of the data."""
    number = CORRUPTIONS.index(name)
    changed = [
        corrupt(picture, name, severity, generator(seed, Stream.CORRUPTIONS, row, number, severity))
        for picture, row in zip(pictures, rows.tolist(), strict=True)
    ]
    return np.stack(changed)


def _pictures(x: FloatArray, arrangement: Arrangement, source: str) -> FloatArray:
    """Bring inputs (n, *shape) back into pictures (n, height, width, 1 or 3)."""
    shape = arrangement.image_shape
    pictures = arrangement.restore(x) if is_picture(shape) and shape[-1] in (1, 3) else None
    if pictures is None:
        raise DataError(f"{source} holds no pictures", expected="pictures in grey or colour")
    return pictures


def _check(corruptions: Sequence[str], severities: Sequence[int]) -> None:
    for name in corruptions:
        if name not in CORRUPTIONS:
            raise UsageError(
                f"corruption {name!r}",
                expected="one of " + ", ".join(CORRUPTIONS),
                advice=did_you_mean(name, CORRUPTIONS),
            )
    if not corruptions or not severities or not set(severities) <= set(SEVERITIES):
        raise UsageError(
            f"corruptions {list(corruptions)} at severities {list(severities)}",
            expected="at least one of each, severities from 1 to 5",
        )
