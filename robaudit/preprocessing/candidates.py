"""Find the preprocessing that a model was trained with, from labelled images.

Model files rarely say. Each usual candidate is tried on a small batch; the one
with the highest accuracy wins, and among those that accuracy cannot tell apart,
the one with the smallest cross-entropy: a model is surest about inputs like
those that it was trained on.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from robaudit.batches import Pace, slices
from robaudit.data.images import Images
from robaudit.errors import ClassifierError, UsageError
from robaudit.losses import cross_entropy, one_hot
from robaudit.preprocessing.arrangement import Arrangement
from robaudit.preprocessing.normalisation import Preprocessing, normalised
from robaudit.stats.exact import mcnemar
from robaudit.stats.randomness import Stream, generator
from robaudit.types import BoolArray, Classifier, FloatArray, IntArray, ScoreKind

How = Literal["given", "found", "assumed"]
BYTE = 1 / 255
_ANY_NORMALISATIONS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "0..1": ((0.0,), (1.0,)),
    "-1..1": ((0.5,), (0.5,)),
    "-0.5..0.5": ((0.5,), (1.0,)),
    "0..255": ((0.0,), (BYTE,)),
}
GREY_NORMALISATIONS = {
    **_ANY_NORMALISATIONS,
    "MNIST statistics": ((0.1307,), (0.3081,)),
    "Fashion-MNIST statistics": ((0.2860,), (0.3530,)),
}
"""Mean and std, in 0..1 units, that grey images are usually normalised with."""

COLOUR_NORMALISATIONS = {
    **_ANY_NORMALISATIONS,
    "CIFAR-10 statistics": ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    "CIFAR-10 mean, mean std of images": ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
    "ImageNet statistics": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "ImageNet mean, std 0.225": ((0.485, 0.456, 0.406), (0.225,)),
    "ImageNet mean, 0..255": ((0.485, 0.456, 0.406), (BYTE,)),
}
"""The same for colour images, in the order red, green, blue."""

_LARGEST_STATISTIC, _SMALLEST_STD = 5.0, 1e-6
_LARGEST_LOSS = 1e6
_LARGEST_TRIAL, _SMALLEST_TRIAL = 2000, 64
_TRIAL_NUMBERS = 4_000_000
_SIGNIFICANT = 0.05
_SIGNIFICANT_LOSS = 3.0


@dataclass(frozen=True)
class Candidate:
    """One preprocessing and how the model did with it: accuracy and cross-entropy."""

    preprocessing: Preprocessing
    accuracy: float
    loss: float


@dataclass(frozen=True)
class PreprocessingChoice:
    """The preprocessing used and how it came to be.

    ``candidates`` are those tried on ``samples`` labelled images, best first; the
    second is the runner-up. ``clear`` says whether the first leads it by more than
    chance. There are none where there were no labels.
    """

    preprocessing: Preprocessing
    how: How
    candidates: tuple[Candidate, ...] = ()
    samples: int = 0
    clear: bool = False


def given_preprocessing(
    mean: Sequence[float] | None,
    std: Sequence[float] | None,
    arrangement: Arrangement,
) -> Preprocessing:
    """Make the preprocessing that a user asked for; what was left out is the plainest."""
    mean, std = tuple(mean or (0.0,)), tuple(std or (1.0,))
    if max(map(abs, (*mean, *std))) > _LARGEST_STATISTIC or min(std) < _SMALLEST_STD:
        raise UsageError(
            f"--mean {mean} and --std {std}",
            expected="numbers in 0..1 units",
            advice="Divide those of pixels from 0 to 255 by 255.",
        )
    name = f"mean {', '.join(f'{m:g}' for m in mean)}, std {', '.join(f'{s:g}' for s in std)}"
    return Preprocessing(name, mean, std, arrangement)


def usual_preprocessings(possible: Sequence[Arrangement]) -> list[Preprocessing]:
    """List the usual preprocessings for images that can be arranged in some ways."""
    candidates = []
    for arrangement in possible:
        grey = arrangement.channels == "grey"
        table = GREY_NORMALISATIONS if grey else COLOUR_NORMALISATIONS
        for name, (mean, std) in table.items():
            backwards = -1 if arrangement.channels == "bgr" else 1
            candidates.append(Preprocessing(name, mean[::backwards], std[::backwards], arrangement))
    return candidates


def try_preprocessings(
    classifier: Classifier,
    images: Images,
    labels: IntArray,
    candidates: Sequence[Preprocessing],
    *,
    seed: int,
    pace: Pace,
) -> PreprocessingChoice:
    """Try candidates on a small random batch of labelled images and take the best.

    ``classifier`` takes its model's own inputs, not yet normalised.
    """
    rows = _trial_rows(len(images), classifier.spec.dimension, seed)
    pixels = images.unit_pixels(rows)
    trials = []
    for index, candidate in enumerate(candidates):
        x = candidate.arrangement.arrange(pixels, classifier.spec.shape)
        try:
            trial = _try(normalised(classifier, candidate), x, labels[rows], pace.batch_size)
        except ClassifierError:
            # Inputs that a model was not made for may be more than it can bear.
            if len(candidates) == 1:
                raise
            trial = _Trial(np.zeros(len(rows), dtype=bool), np.full(len(rows), _LARGEST_LOSS))
        trials.append(trial)
        pace.progress("preprocessing", index + 1, len(candidates))
    order = _best_first(candidates, trials)
    return PreprocessingChoice(
        preprocessing=candidates[order[0]],
        how="found" if len(candidates) > 1 else "given",
        candidates=tuple(
            Candidate(candidates[i], float(trials[i].correct.mean()), float(trials[i].loss.mean()))
            for i in order
        ),
        samples=len(rows),
        clear=len(order) < 2 or _leads(trials[order[0]], trials[order[1]]),
    )


def loss_of_labels(scores: FloatArray, labels: IntArray, kind: ScoreKind) -> FloatArray:
    """Cross-entropy of each row of scores (n, classes) with its label: (n,), finite.

    Of label-only classifiers, 1 for each error.
    """
    if kind == "labels":
        return np.asarray(1 - scores[np.arange(len(labels)), labels])
    least = 1e-12 if kind == "probabilities" else -_LARGEST_LOSS
    bounded = np.clip(scores.astype(np.float64), least, _LARGEST_LOSS)
    return cross_entropy(bounded, one_hot(labels, scores.shape[1]), kind)


@dataclass(frozen=True)
class _Trial:
    correct: BoolArray
    loss: FloatArray


def _trial_rows(total: int, dimension: int, seed: int) -> IntArray:
    count = int(np.clip(_TRIAL_NUMBERS // dimension, _SMALLEST_TRIAL, _LARGEST_TRIAL))
    random = generator(seed, Stream.PREPROCESSING)
    return np.sort(random.permutation(total)[:count])


def _try(classifier: Classifier, x: FloatArray, labels: IntArray, batch_size: int) -> _Trial:
    scores = np.concatenate([classifier.predict(x[part]) for part in slices(len(x), batch_size)])
    loss = loss_of_labels(scores, labels, classifier.spec.scores)
    return _Trial(scores.argmax(axis=1) == labels, loss)


def _best_first(candidates: Sequence[Preprocessing], trials: Sequence[_Trial]) -> list[int]:
    """Order trials: by loss those that may be as accurate as the best, by accuracy the rest.

    Two cautions for those level in accuracy. Inputs that are too large make a model
    that is right surer still, so the loss means something only where there are
    errors. And they often leave its accuracy as it is, while inputs that are too
    small do not: so 0..255 has to win by accuracy.
    """
    accuracy = [float(trial.correct.mean()) for trial in trials]
    best = trials[int(np.argmax(accuracy))]

    def key(i: int) -> tuple[bool, bool, float, float]:
        loss = float(trials[i].loss.mean())
        if mcnemar(best.correct, trials[i].correct) < _SIGNIFICANT:
            return True, False, -accuracy[i], loss
        return False, min(candidates[i].std) <= BYTE, loss if accuracy[i] < 1 else 0.0, 0.0

    return sorted(range(len(trials)), key=key)


def _leads(first: _Trial, second: _Trial) -> bool:
    """Tell whether the first trial beats the second, in accuracy or loss, by more than chance."""
    if mcnemar(first.correct, second.correct) < _SIGNIFICANT:
        return bool(first.correct.mean() > second.correct.mean())
    if first.correct.all() and second.correct.all():
        return False
    lead = second.loss - first.loss
    error = lead.std(ddof=1) / math.sqrt(len(lead)) if len(lead) > 1 else math.inf
    return bool(lead.mean() > _SIGNIFICANT_LOSS * error)
