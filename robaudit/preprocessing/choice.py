"""Find the preprocessing that a model was trained with, from labelled images.

Each candidate is tried on a small batch. The plainest is taken, unless another is better
beyond chance, with allowance for how many are tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from robaudit.batches import Pace
from robaudit.data.images import Images
from robaudit.errors import ClassifierError
from robaudit.preprocessing.candidates import BYTE, Candidates
from robaudit.preprocessing.class_order import ClassOrder, find_class_order
from robaudit.preprocessing.normalisation import Preprocessing
from robaudit.preprocessing.trials import (
    Trial,
    beats,
    failed_trial,
    standard_error,
    try_preprocessing,
)
from robaudit.stats.exact import mcnemar
from robaudit.stats.intervals import wilson_interval
from robaudit.stats.randomness import Stream, generator
from robaudit.types import Classifier, FloatArray, IntArray

How = Literal["given", "declared", "found", "assumed"]
_LARGEST_TRIAL, _SMALLEST_TRIAL = 2000, 64
_TRIAL_NUMBERS = 4_000_000
_FEW = 100
"""So many images tell whether exchanged pictures are worth a longer look."""

_SIGNIFICANT = 0.05
_SIGNIFICANT_LOSS = 3.0


@dataclass(frozen=True)
class Candidate:
    """One preprocessing and how the model did with it: accuracy and cross-entropy.

    ``not_numbers`` counts the images whose scores were not numbers; they count as wrong.
    """

    preprocessing: Preprocessing
    accuracy: float
    loss: float
    not_numbers: int = 0


@dataclass(frozen=True)
class PreprocessingChoice:
    """The preprocessing used and how it came to be.

    ``candidates`` are those tried on ``samples`` labelled images, best first; the
    second is the runner-up. ``clear`` says whether the first leads all others by more than
    chance. There are none where there were no labels that could tell. ``tried`` counts
    those, too, that a few images spoke against. ``declared`` are those that agree with
    what the model's files say. ``order`` is that of the classes under which all this was
    tried, where another than that of the labels makes the model right.
    """

    preprocessing: Preprocessing
    how: How
    candidates: tuple[Candidate, ...] = ()
    samples: int = 0
    clear: bool = False
    tried: int = 0
    declared: tuple[Preprocessing, ...] = ()
    order: ClassOrder | None = None


def choose_unseen(candidates: Candidates) -> PreprocessingChoice:
    """Choose where no labels can tell: what is given or declared, else the plainest."""
    how: How = "assumed"
    if candidates.declared:
        how = "declared"
    elif candidates.given:
        how = "given"
    return PreprocessingChoice(candidates.usual[0], how, declared=candidates.declared)


def choose_preprocessing(
    classifier: Classifier,
    images: Images,
    labels: IntArray,
    candidates: Candidates,
    *,
    seed: int,
    pace: Pace,
) -> PreprocessingChoice:
    """Try candidates on a small random batch of labelled images and choose one.

    ``classifier`` takes its model's own inputs, not yet normalised, and may give scores
    that are not numbers.
    """
    rows = _trial_rows(len(images), classifier.spec.dimension, seed)
    tries = _Tries(classifier, images.unit_pixels(rows), labels[rows], candidates, pace)
    best, trials = tries.best_of()
    # Whatever makes it right as labelled is sooner so than another order of the classes.
    order = _class_order(trials, labels[rows], classifier.spec.classes)
    if order is not None:
        tries = replace(tries, labels=order.output_of_class[labels[rows]])
        best, trials = tries.best_of()
    pace.progress("preprocessing", candidates.number, candidates.number)
    others = runners_up(best, [trial for trial in trials if trial is not best])
    return PreprocessingChoice(
        preprocessing=best.preprocessing,
        how=_how(best.preprocessing, candidates),
        candidates=tuple(
            Candidate(t.preprocessing, t.accuracy, float(t.loss.mean()), int((~t.known).sum()))
            for t in (best, *others)
        ),
        samples=len(rows),
        clear=not others or _leads(best, others[0]),
        tried=candidates.number,
        declared=candidates.declared,
        order=order,
    )


def _how(best: Preprocessing, candidates: Candidates) -> How:
    """Say how the best was come by: as given only if trying changed nothing of it."""
    if best in candidates.declared:
        return "declared"
    return "given" if candidates.given and best == candidates.usual[0] else "found"


@dataclass(frozen=True)
class _Tries:
    """Tries candidates on pixels (n, *image_shape) with labels (n,), and tells how many."""

    classifier: Classifier
    pixels: FloatArray
    labels: IntArray
    candidates: Candidates
    pace: Pace

    def best_of(self) -> tuple[Trial, list[Trial]]:
        """Try all candidates; give the best, and all that were tried on all images.

        Where the numbers are given, exchanges that do not win are not worth telling of.
        """
        error = _SIGNIFICANT / max(1, self.candidates.number - 1)
        trials = self.on_all(self.candidates.usual)
        best = _unless_beaten(trials[0], trials[1:], error)
        # What could not win even if it were right throughout is not looked at.
        if 2 * 0.5 ** int((~best.correct).sum()) < error:
            exchanged = self.worth_a_look(self.candidates.exchanged, best)
            if self.candidates.given:
                exchanged = [trial for trial in exchanged if beats(trial, best, error)]
            better = _unless_beaten(best, exchanged, error)
            # Of a model whose smallest score is best, negatives may be less wrong, and no more.
            if better is best or better.accuracy >= max(t.by_smallest for t in trials):
                best = better
                trials += exchanged
        return best, trials

    def on_all(self, candidates: Sequence[Preprocessing]) -> list[Trial]:
        """Try on all images."""
        trials = []
        for candidate in candidates:
            trials.append(self._try(candidate, slice(None)))
            self.pace.progress("preprocessing", len(trials), self.candidates.number)
        return trials

    def worth_a_look(self, candidates: Sequence[Preprocessing], best: Trial) -> list[Trial]:
        """Try on all images what a few do not speak against."""
        few = slice(0, None, max(1, len(self.labels) // _FEW))
        trials = []
        number = self.candidates.number
        for place, candidate in enumerate(candidates, start=number - len(candidates)):
            trial = self._try(candidate, few)
            self.pace.progress("preprocessing", place + 1, number)
            right = best.correct[few]
            if trial.correct.mean() >= right.mean() or mcnemar(trial.correct, right) > _SIGNIFICANT:
                trials.append(self._try(candidate, slice(None)))
        return trials

    def _try(self, candidate: Preprocessing, rows: slice) -> Trial:
        pixels, labels = self.pixels[rows], self.labels[rows]
        try:
            return try_preprocessing(
                self.classifier, candidate, pixels, labels, self.pace.batch_size
            )
        except ClassifierError:
            # Inputs that a model was not made for may be more than it can bear.
            if self.candidates.given and not candidate.exchanges:
                raise
            return failed_trial(candidate, len(labels))


def _trial_rows(total: int, dimension: int, seed: int) -> IntArray:
    count = int(np.clip(_TRIAL_NUMBERS // dimension, _SMALLEST_TRIAL, _LARGEST_TRIAL))
    random = generator(seed, Stream.PREPROCESSING)
    return np.sort(random.permutation(total)[:count])


def _class_order(trials: Sequence[Trial], labels: IntArray, classes: int) -> ClassOrder | None:
    """Find an order of classes that makes a model right, where no preprocessing does."""
    orders = [
        find_class_order(trial.predicted[trial.known], labels[trial.known], classes)
        for trial in trials
    ]
    found = [order for order in orders if order is not None]
    if not found:
        return None
    best = max(found, key=lambda order: order.accuracy_in_order)
    as_labelled = max(trials, key=lambda trial: trial.accuracy).correct
    right = wilson_interval(int(as_labelled.sum()), len(as_labelled)).high
    in_order = wilson_interval(best.accuracy_in_order * best.samples, best.samples).low
    return best if right is not None and in_order is not None and right < in_order else None


def _unless_beaten(plainest: Trial, others: Sequence[Trial], error: float) -> Trial:
    """Take the plainest, unless others beat it beyond chance: then the best of these."""
    rivals = [trial for trial in others if beats(trial, plainest, error)]
    return _best_first(rivals)[0] if rivals else plainest


def runners_up(best: Trial, others: Sequence[Trial]) -> list[Trial]:
    """Order the others, those first that may be as good as the best."""
    return sorted(_best_first(others), key=lambda trial: _leads(best, trial))


def _best_first(trials: Sequence[Trial]) -> list[Trial]:
    """Order trials: by loss those that may be as accurate as the best, by accuracy the rest.

    By accuracy all of them, where the loss of the best says nothing.
    """
    if not trials:
        return []
    best = max(trials, key=lambda trial: trial.accuracy)

    def key(trial: Trial) -> tuple[bool, bool, float, float]:
        loss = float(trial.loss.mean())
        if not best.telling or mcnemar(best.correct, trial.correct) < _SIGNIFICANT:
            return True, False, -trial.accuracy, loss
        large = min(trial.preprocessing.std) <= BYTE
        return False, large, loss if trial.accuracy < 1 else 0.0, 0.0

    return sorted(trials, key=key)


def _leads(first: Trial, second: Trial) -> bool:
    """Tell whether the first trial beats the second, in accuracy or loss, by more than chance."""
    if mcnemar(first.correct, second.correct) < _SIGNIFICANT:
        return bool(first.correct.mean() > second.correct.mean())
    if (first.correct.all() and second.correct.all()) or not first.telling:
        return False
    lead = second.loss - first.loss
    return bool(lead.mean() > _SIGNIFICANT_LOSS * standard_error(lead))
