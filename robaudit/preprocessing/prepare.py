"""Before the search: a model and images are brought together.

Images get the channels and the layout that the model takes, the model gets the
preprocessing that it was trained with, and is proved to be a classifier.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from robaudit.batches import Pace, with_proved_batches
from robaudit.data.images import Images
from robaudit.errors import ClassifierError, DataError, NotAuditableError, UsageError
from robaudit.predicting import checked
from robaudit.preprocessing.arrangement import Arrangement, Channels, arrangements, fit_channels
from robaudit.preprocessing.candidates import (
    How,
    PreprocessingChoice,
    given_preprocessing,
    try_preprocessings,
    usual_preprocessings,
)
from robaudit.preprocessing.gradient_parity import proof_rows, with_proved_gradients
from robaudit.preprocessing.normalisation import Preprocessing, normalised
from robaudit.preprocessing.synthesis import (
    classes_reached,
    draw_patterns,
    guess_arrangement,
    synthesise,
)
from robaudit.stats.intervals import wilson_interval
from robaudit.types import Classifier, FloatArray, InputSpec, IntArray

_ALONE = (
    "The model fails on several inputs at a time, or gives an input other scores in a batch than "
    "alone; it was run on one at a time."
)


@dataclass(frozen=True)
class PreprocessingRequest:
    """What a user says of a model's preprocessing; what is ``None`` is to be found."""

    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    channels: Channels | None = None

    def candidates(
        self, possible: Sequence[Arrangement], spec: InputSpec
    ) -> Sequence[Preprocessing]:
        """List the preprocessings to choose among: one where nothing is open."""
        given = self.mean is not None or self.std is not None
        own_box = (spec.low, spec.high) != (0.0, 1.0)
        channels = self.channels or ("rgb" if given or own_box else None)
        if channels in {arrangement.channels for arrangement in possible}:
            possible = [arrangement for arrangement in possible if arrangement.channels == channels]
        if given and own_box:
            raise UsageError(
                "mean and std for a classifier that names its own pixel range",
                expected="one of the two",
            )
        if given:
            return [
                given_preprocessing(self.mean, self.std, arrangement) for arrangement in possible
            ]
        if own_box:
            size = spec.high - spec.low
            name = f"{spec.low:g}..{spec.high:g}"
            return [
                Preprocessing(name, (-spec.low / size,), (1 / size,), arrangement)
                for arrangement in possible
            ]
        return usual_preprocessings(possible)


@dataclass(frozen=True)
class Prepared:
    """A classifier over pixels, the images to audit it on, and how they were matched.

    ``notes`` are sentences that every reader of the results should see.
    """

    classifier: Classifier
    images: Images
    choice: PreprocessingChoice
    notes: tuple[str, ...] = ()

    def inputs(self, rows: IntArray | slice) -> FloatArray:
        """Arrange the images of some rows as inputs of the classifier: (n, *shape)."""
        arrangement = self.choice.preprocessing.arrangement
        return arrangement.arrange(self.images.unit_pixels(rows), self.classifier.spec.shape)


def prepare(
    classifier: Classifier,
    images: Images | None,
    request: PreprocessingRequest,
    *,
    count: int,
    seed: int,
    pace: Pace,
) -> Prepared:
    """Match a classifier, over its model's own inputs, with images.

    Without any, about ``count`` synthetic ones are made for it. Raises DataError
    for images that do not fit the model and NotAuditableError for a model that
    turns out to be no classifier.
    """
    if images is None:
        prepared = _without_images(classifier, request, count, seed, pace)
    else:
        prepared = _with_images(classifier, images, request, seed, pace)
    images = prepared.images
    x = prepared.inputs(proof_rows(classifier.spec, len(images)))
    classifier, note = with_proved_gradients(prepared.classifier, x, synthetic=images.synthetic)
    notes = prepared.notes if note is None else (*prepared.notes, note)
    return replace(prepared, classifier=classifier, notes=notes)


def prepared_alike(prepared: Prepared, trained: Classifier, batch_size: int) -> Prepared:
    """Bring what a prepared classifier was trained to be together with the same images.

    ``trained`` is what its ``train`` gave. It keeps the spec and the preprocessing.
    """
    trained = replace(checked(trained), spec=prepared.classifier.spec, doubt=None)
    x = prepared.inputs(slice(0, batch_size))
    trained, alone = with_proved_batches(trained, x, batch_size)
    x = prepared.inputs(proof_rows(trained.spec, len(prepared.images)))
    trained, note = with_proved_gradients(trained, x)
    new = [*([_ALONE] if alone and _ALONE not in prepared.notes else []), *([note] if note else [])]
    notes = (*prepared.notes, *(note for note in new if note not in prepared.notes))
    return replace(prepared, classifier=trained, notes=notes)


def _with_images(
    classifier: Classifier,
    images: Images,
    request: PreprocessingRequest,
    seed: int,
    pace: Pace,
) -> Prepared:
    try:
        images, note = fit_channels(images, classifier.spec.shape)
        labels = _labels_in_range(images, classifier.spec)
    except DataError as error:
        raise _no_classifier(classifier) if classifier.doubt else error from None
    classifier = checked(_with_class_names(classifier, images))
    possible = arrangements(images.image_shape, classifier.spec.shape)
    candidates = request.candidates(possible, classifier.spec)
    x = possible[0].arrange(images.unit_pixels(slice(0, pace.batch_size)), classifier.spec.shape)
    classifier, alone = with_proved_batches(classifier, x, pace.batch_size)
    if labels is None:
        how: How = "given" if len(candidates) == 1 else "assumed"
        choice = PreprocessingChoice(candidates[0], how)
    else:
        choice = try_preprocessings(classifier, images, labels, candidates, seed=seed, pace=pace)
    if classifier.doubt and not _beats_chance(choice, images.labels):
        raise _no_classifier(classifier)
    notes = [f"The data holds {note}."] if note else []
    notes += [*_notes_on_data(images, classifier.spec), *_notes_on_choice(choice)]
    if alone:
        notes.append(_ALONE)
    return Prepared(normalised(classifier, choice.preprocessing), images, choice, tuple(notes))


def _without_images(
    classifier: Classifier,
    request: PreprocessingRequest,
    count: int,
    seed: int,
    pace: Pace,
) -> Prepared:
    """Match a classifier with synthetic images.

    Of preprocessings that nobody gave, the plainest is taken, unless patterns
    reach more than twice as many classes with another.
    """
    if classifier.doubt:
        raise _no_classifier(classifier)
    arrangement = guess_arrangement(classifier.spec.shape)
    if request.channels and arrangement.channels != "grey":
        arrangement = replace(arrangement, channels=request.channels)
    x = arrangement.arrange(
        draw_patterns(arrangement.image_shape, seed, range(pace.batch_size)), classifier.spec.shape
    )
    classifier, alone = with_proved_batches(checked(classifier), x, pace.batch_size)
    candidates = request.candidates([arrangement], classifier.spec)
    reached = {}
    for index, candidate in enumerate(candidates):
        pixel_classifier = normalised(classifier, candidate)
        try:
            reached[candidate] = classes_reached(
                pixel_classifier, arrangement, seed, pace.batch_size
            )
        except ClassifierError:  # inputs that the model was not made for
            reached[candidate] = 0
        pace.progress("preprocessing", index + 1, len(candidates))
    most = max(candidates, key=reached.__getitem__)
    best = most if reached[most] > 2 * reached[candidates[0]] else candidates[0]
    pixel_classifier = normalised(classifier, best)
    choice = PreprocessingChoice(best, "given" if len(candidates) == 1 else "assumed")
    return Prepared(
        pixel_classifier,
        synthesise(pixel_classifier, arrangement, count, seed, pace),
        choice,
        (*_notes_on_choice(choice), *([_ALONE] if alone else [])),
    )


def _labels_in_range(images: Images, spec: InputSpec) -> IntArray | None:
    labels = images.labels
    if labels is not None and labels.max() >= spec.classes:
        raise DataError(
            f"{images.source} has labels from {labels.min()} to {labels.max()}",
            expected=f"labels from 0 to {spec.classes - 1}, for a model of {spec.classes} classes",
            advice="Is this the data of that model? Labels count from 0.",
        )
    return labels


def _with_class_names(classifier: Classifier, images: Images) -> Classifier:
    """Take class names from the data where the model has none and the numbers agree."""
    spec, names = classifier.spec, images.class_names
    if spec.class_names or names is None or len(names) != spec.classes:
        return classifier
    return replace(classifier, spec=replace(spec, class_names=names))


def _beats_chance(choice: PreprocessingChoice, labels: IntArray | None) -> bool:
    """Tell whether a model is right more often than one that always says the same."""
    if labels is None:
        return False
    accuracy = wilson_interval(choice.candidates[0].accuracy * choice.samples, choice.samples)
    return accuracy.low is not None and accuracy.low > np.bincount(labels).max() / len(labels)


def _no_classifier(classifier: Classifier) -> NotAuditableError:
    return NotAuditableError(
        f"{classifier.name}: {classifier.doubt}",
        expected="a classifier",
        advice="If they are scores of classes, say so with --scores logits, "
        "or give labelled data that shows it.",
    )


def _notes_on_data(images: Images, spec: InputSpec) -> list[str]:
    """Say what looks odd about images before any model has seen them."""
    notes = []
    low, high = images.pixel_range
    brightest = float(images.pixels.max())
    if high > 1 and brightest - low < (high - low) / 2:
        notes.append(
            f"The brightest pixel is {brightest:g} where white was taken to be {high:g}. If "
            f"another number is white, say so with --pixel-range, e.g. 0,{brightest:g}."
        )
    names = images.class_names
    if names and images.labels is not None and len(names) != spec.classes:
        notes.append(
            f"The data names {len(names)} classes, the model has {spec.classes}: they were "
            "numbered in alphabetical order from 0. Give the model's names with --class-names."
        )
    return notes


def _notes_on_choice(choice: PreprocessingChoice) -> list[str]:
    """Say what is unsure about a preprocessing that nobody gave."""
    name = choice.preprocessing
    if choice.how == "assumed":
        return [
            f"Without labels the preprocessing could not be checked; {name} was assumed. "
            "Give --mean and --std, or labels."
        ]
    if choice.clear or choice.how == "given":
        return []
    second = choice.candidates[1]
    return [
        f"The preprocessing is not clear: {name} was taken with an accuracy of "
        f"{choice.candidates[0].accuracy:.1%} on {choice.samples} images, but "
        f"{second.preprocessing} gives {second.accuracy:.1%}. Give --mean and --std."
    ]
