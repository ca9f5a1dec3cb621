"""Attacks by themselves: on images, without a search."""

from collections.abc import Sequence
from dataclasses import dataclass

from robaudit.attacks.catalogue import Attack, check_attack, parse_attack
from robaudit.attacks.outcome import Targets
from robaudit.attacks.run import AttackResult, run_attacks
from robaudit.batches import pace_for
from robaudit.data.memory.in_memory import as_images
from robaudit.data.sampling import balanced_rows
from robaudit.errors import DataError
from robaudit.predicting import classes_of
from robaudit.preprocessing.candidates import PreprocessingRequest
from robaudit.preprocessing.opened import open_for
from robaudit.preprocessing.prepare import prepare
from robaudit.types import IntArray, Progress, no_progress

_FIND_IT = PreprocessingRequest()


@dataclass(frozen=True)
class AttackedImages:
    """What attacks made of some images: their ``rows`` (T,), and a result for each attack."""

    rows: IntArray
    targets: Targets
    results: tuple[AttackResult, ...]


def attack_images(
    model: object,
    images: object,
    attacks: Sequence[Attack | str] | Attack | str,
    *,
    samples: int | None = None,
    seed: int = 0,
    preprocessing: PreprocessingRequest = _FIND_IT,
    batch_size: int | None = None,
    progress: Progress = no_progress,
) -> AttackedImages:
    """Attack labelled images, as many of each class as can be, or all without ``samples``.

    Attacks that cannot be run are skipped with their reason; an interrupt skips those
    to come. The same seed chooses the same images whatever the classifier. ``model`` and
    ``images`` are all that `robaudit.scan` takes, ``attacks`` also what `parse_attack` reads.

    Raises DataError for images without labels or that do not fit the model, and UsageError
    for what is no attack.
    """
    images = as_images(images)
    classifier = open_for(model, images)
    several = [attacks] if isinstance(attacks, Attack | str) else list(attacks)
    known = [
        parse_attack(one, classifier.spec) if isinstance(one, str) else check_attack(one)
        for one in several
    ]
    count = min(samples or len(images), len(images))
    pace = pace_for(classifier.spec, batch_size, progress=progress)
    prepared = prepare(classifier, images, preprocessing, count=count, seed=seed, pace=pace)
    labels = prepared.images.labels
    if labels is None:
        raise DataError(f"{images.source} has no labels", expected="labelled images to attack")
    rows = balanced_rows(labels, count, seed)
    x = prepared.inputs(rows)
    predicted, scale = classes_of(prepared.classifier.predict, x, pace.batch_size)
    arrangement = prepared.choice.preprocessing.arrangement
    targets = Targets(x, labels[rows], predicted, scale, arrangement, rows)
    results = run_attacks(prepared.classifier, targets, known, seed=seed, pace=pace)
    return AttackedImages(rows, targets, results)
