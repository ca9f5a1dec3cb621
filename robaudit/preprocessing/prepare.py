"""Before the search: a model and images are brought together.

Images get the channels and the layout that the model takes, the model gets the
preprocessing that it was trained with, and is proved to be a classifier.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from robaudit.batches import Pace, with_proved_batches
from robaudit.data.images import Images
from robaudit.errors import ClassifierError, DataError, NotAuditableError
from robaudit.predicting import checked
from robaudit.preprocessing.arrangement import arrangements, fit_channels
from robaudit.preprocessing.candidates import PreprocessingRequest
from robaudit.preprocessing.choice import (
    PreprocessingChoice,
    choose_preprocessing,
    choose_unseen,
)
from robaudit.preprocessing.class_matching import match_classes
from robaudit.preprocessing.gradient_parity import proof_rows, with_proved_gradients
from robaudit.preprocessing.normalisation import Preprocessing, normalised
from robaudit.preprocessing.notes import (
    notes_on_choice,
    notes_on_declaration,
    notes_on_pixels,
    notes_on_row,
)
from robaudit.preprocessing.plausible_scores import require_plausible_scores
from robaudit.preprocessing.steadiness import (
    asked_twice,
    how_many_to_ask,
    require_steadiness,
    with_independent_batches,
)
from robaudit.preprocessing.synthesis import (
    classes_reached,
    draw_patterns,
    guess_arrangement,
    synthesise,
)
from robaudit.stats.intervals import wilson_interval
from robaudit.types import Classifier, FloatArray, IntArray

_ALONE = (
    "The model fails on several inputs at a time, or gives an input other scores in a batch than "
    "alone; it was run on one at a time."
)


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
    randomised: bool = False,
) -> Prepared:
    """Match a classifier, over its model's own inputs, with images.

    Without any, about ``count`` synthetic ones are made for it. Raises DataError
    for images that do not fit the model and NotAuditableError for a model that
    turns out to be no classifier, that gives no numbers, or that answers differently each
    time, unless it is known to be ``randomised``.
    """
    if images is None:
        prepared = _without_images(classifier, request, count, seed, pace, randomised=randomised)
    else:
        prepared = _with_images(classifier, images, request, seed, pace, randomised=randomised)
    made, total = prepared.images.synthetic, len(prepared.images)
    x = prepared.inputs(proof_rows(classifier.spec, total))
    classifier, note = with_proved_gradients(prepared.classifier, x, synthetic=made)
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
    *,
    randomised: bool,
) -> Prepared:
    shape = classifier.spec.shape
    try:
        images, note = fit_channels(images, shape)
        matched = match_classes(images, classifier.spec)
    except DataError as error:
        raise _no_classifier(classifier, error) if classifier.doubt else error from None
    images, labels = matched.images, matched.images.labels
    classifier = checked(replace(classifier, spec=matched.spec), numbers=False)
    possible = arrangements(images.image_shape, shape, in_a_row=classifier.in_a_row)
    candidates = request.candidates(
        possible, classifier.spec, classifier.declares, images.pixel_range
    )
    x = possible[0].arrange(images.unit_pixels(slice(how_many_to_ask(math.prod(shape)))), shape)
    classifier, alone = _steady(classifier, x, pace.batch_size, randomised=randomised)
    one_class = labels is not None and (labels == labels[0]).all()
    if one_class and candidates.given:  # they tell nothing of what is open
        candidates = replace(candidates, usual=candidates.usual[:1], exchanged=())
    if labels is None or (one_class and candidates.number > 1):
        choice = choose_unseen(candidates)
    else:
        given, tried = labels, classifier
        choice = pace.blocks.done(
            "preprocessing",
            PreprocessingChoice,
            lambda: choose_preprocessing(tried, images, given, candidates, seed=seed, pace=pace),
            candidates=candidates,
            seed=seed,
        )
    if classifier.doubt and not _beats_chance(choice, labels):
        raise _no_classifier(classifier)
    pixel_classifier = normalised(classifier, choice.preprocessing)
    prepared = Prepared(
        checked(pixel_classifier),
        images,
        choice,
        (
            *classifier.notes,
            *images.notes,
            *matched.notes,
            *([f"The data holds {note}."] if note else []),
            *notes_on_pixels(images),
            *([] if request.says_numbers else notes_on_declaration(classifier.declares, choice)),
            *notes_on_choice(choice, matched.spec),
            *(notes_on_row(choice, matched.spec) if classifier.in_a_row else []),
            *([_ALONE] if alone else []),
        ),
    )
    x = prepared.inputs(slice(how_many_to_ask(math.prod(shape))))
    require_plausible_scores(pixel_classifier, choice, x, pace.batch_size)
    if not randomised:
        require_steadiness(pixel_classifier, x, pace.batch_size)
    return prepared


def _without_images(
    classifier: Classifier,
    request: PreprocessingRequest,
    count: int,
    seed: int,
    pace: Pace,
    *,
    randomised: bool,
) -> Prepared:
    """Match a classifier with synthetic images.

    Of preprocessings that nobody gave, the plainest is taken, unless patterns
    reach more than twice as many classes with another.
    """
    if classifier.doubt:
        raise _no_classifier(classifier)
    spec = classifier.spec
    arrangement = guess_arrangement(spec.shape)
    if request.channels and arrangement.channels != "grey":
        arrangement = replace(arrangement, channels=request.channels)
    asked = range(how_many_to_ask(spec.dimension))
    x = arrangement.arrange(draw_patterns(arrangement.image_shape, seed, asked), spec.shape)
    classifier, alone = _steady(checked(classifier), x, pace.batch_size, randomised=randomised)
    candidates = request.candidates([arrangement], spec, classifier.declares)
    choice = choose_unseen(candidates)
    if choice.how == "assumed":
        best = pace.blocks.done(
            "preprocessing",
            Preprocessing,
            partial(_reaching_most, classifier, candidates.usual, seed, pace),
            candidates=candidates,
            seed=seed,
        )
        choice = replace(choice, preprocessing=best)
    pixel_classifier = normalised(classifier, choice.preprocessing)
    if not randomised:
        require_steadiness(pixel_classifier, x, pace.batch_size)
    made = pace.blocks.done(
        "synthesis",
        Images,
        lambda: synthesise(pixel_classifier, arrangement, count, seed, pace),
        preprocessing=choice.preprocessing,
        count=count,
        seed=seed,
    )
    return Prepared(
        pixel_classifier,
        made,
        choice,
        (*classifier.notes, *notes_on_choice(choice, spec), *([_ALONE] if alone else [])),
    )


def _reaching_most(
    classifier: Classifier, candidates: Sequence[Preprocessing], seed: int, pace: Pace
) -> Preprocessing:
    reached = {}
    for index, candidate in enumerate(candidates):
        try:
            reached[candidate] = classes_reached(
                normalised(classifier, candidate), candidate.arrangement, seed, pace.batch_size
            )
        except ClassifierError:  # inputs that the model was not made for
            reached[candidate] = 0
        pace.progress("preprocessing", index + 1, len(candidates))
    most = max(candidates, key=reached.__getitem__)
    return most if reached[most] > 2 * reached[candidates[0]] else candidates[0]


def _steady(
    classifier: Classifier, x: FloatArray, batch_size: int, *, randomised: bool
) -> tuple[Classifier, bool]:
    """Ask a model in other batches, and twice; also tell whether it is run one at a time."""
    by_chance = randomised and not classifier.batch_statistics
    if by_chance and asked_twice(classifier.predict, x, batch_size).scores:
        return classifier, False
    classifier, alone = with_independent_batches(classifier, x[:batch_size], batch_size)
    if not randomised:
        require_steadiness(classifier, x, batch_size)
    return classifier, alone


def _beats_chance(choice: PreprocessingChoice, labels: IntArray | None) -> bool:
    """Tell whether a model is right more often than one that always says the same."""
    if labels is None or not choice.candidates:
        return False
    accuracy = wilson_interval(choice.candidates[0].accuracy * choice.samples, choice.samples)
    return accuracy.low is not None and accuracy.low > np.bincount(labels).max() / len(labels)


def _no_classifier(classifier: Classifier, error: DataError | None = None) -> NotAuditableError:
    """Say what is doubted of a model, and why the labels of the data do not help."""
    unfit = f"; and the data do not show that it is one: {error.found}" if error else ""
    return NotAuditableError(
        f"{classifier.name}: {classifier.doubt}{unfit}",
        expected=f"a classifier, and {error.expected}" if error else "a classifier",
        advice="If they are scores of classes, say so, `scores='logits'`, "
        "or give labelled data that shows it.",
    )
