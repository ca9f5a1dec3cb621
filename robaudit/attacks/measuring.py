"""Measuring beside attacks: error under corruptions, detection of examples, directions out."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib import import_module

import numpy as np

from robaudit.attacks.boundaries.detection import (
    FEWEST,
    SCIKIT_LEARN,
    Detection,
    features_of,
    measure_detection,
)
from robaudit.attacks.boundaries.subspace import Subspaces, adversarial_directions
from robaudit.attacks.catalogue import Attack, default_attack
from robaudit.attacks.common_corruptions.error import CorruptionErrors, errors_of
from robaudit.attacks.common_corruptions.library import LIBRARY
from robaudit.attacks.measures import Measure
from robaudit.attacks.outcome import Targets
from robaudit.attacks.run import AttackResult
from robaudit.batches import Pace, ShareDone
from robaudit.errors import RobauditError, UsageError
from robaudit.requirements import needs
from robaudit.search.plan import SearchPlan
from robaudit.types import BoolArray, Classifier, FloatArray

_DIRECTIONS = 25
"""So many directions of the search, both ways, describe the surroundings of an input."""


@dataclass(frozen=True)
class Measured:
    """What was measured, each ``None`` where it was not; ``skipped`` says why of those asked for.

    ``directions`` are within the Euclidean length ``budget``, a share of the pixel range.
    """

    corruptions: CorruptionErrors | None = None
    detection: tuple[Detection, ...] | None = None
    directions: Subspaces | None = None
    budget: float | None = None
    skipped: Mapping[Measure, str] = field(default_factory=dict)


def check_measuring(measures: Sequence[Measure]) -> None:
    """Raise MissingDependencyError for a library that is missing, before the work is done."""
    if "corruptions" in measures:
        with needs([LIBRARY]):
            import_module("imagecorruptions")
    if "detection" in measures:
        with needs([SCIKIT_LEARN]):
            import_module("sklearn.ensemble")


def measure_beside(
    classifier: Classifier,
    targets: Targets,
    results: Sequence[AttackResult],
    plan: SearchPlan,
    measures: Sequence[Measure],
    pace: Pace,
) -> Measured:
    """Measure what was asked for on samples attacked; what fails says why, and ends nothing."""
    measuring: dict[Measure, Callable[[], Measured]] = {
        "corruptions": lambda: Measured(corruptions=_corruptions(classifier, targets, plan, pace)),
        "detection": lambda: Measured(
            detection=_detection(classifier, targets, results, plan, pace)
        ),
        "directions": lambda: _directions(classifier, targets, plan, pace),
    }
    found, skipped = Measured(), {}
    for name in dict.fromkeys(measures):
        pace.blocks.heed()
        try:
            one = measuring[name]()
        except RobauditError as error:
            skipped[name] = str(error)
        else:
            kept = {key: value for key, value in vars(one).items() if value}
            found = replace(found, **kept)
    return replace(found, skipped=skipped)


def measure_share(
    classifier: Classifier,
    targets: Targets,
    plan: SearchPlan,
    measures: Sequence[Measure],
    pace: Pace,
) -> None:
    """Do one share of what hangs on single samples; of examples all shares know too little.

    Raises Stopped where the work is to stop.
    """
    doing: dict[Measure, Callable[[], object]] = {
        "corruptions": lambda: _corruptions(classifier, targets, plan, pace),
        "detection": lambda: features_of(
            classifier, targets.x[targets.correct], _around(classifier, plan), pace
        ),
        "directions": lambda: _directions(classifier, targets, plan, pace),
    }
    for name in dict.fromkeys(measures) if targets.correct.any() else ():
        with suppress(ShareDone, RobauditError):  # which is said where results are told
            doing[name]()


def _corruptions(
    classifier: Classifier, targets: Targets, plan: SearchPlan, pace: Pace
) -> CorruptionErrors:
    if targets.arrangement is None:
        raise UsageError("inputs that are no pictures", expected="pictures in grey or in colour")
    rows = targets.rows_at(np.arange(len(targets.x)))
    return errors_of(
        classifier, targets.x, targets.origin, rows, targets.arrangement,
        wrong_before=~targets.correct, scale=targets.scale, seed=plan.seed, pace=pace,
    )  # fmt: skip


def _detection(
    classifier: Classifier,
    targets: Targets,
    results: Sequence[AttackResult],
    plan: SearchPlan,
    pace: Pace,
) -> tuple[Detection, ...]:
    """Train detectors on what each adversary made of samples that are right at the start."""
    right = np.flatnonzero(targets.correct)
    attacked: dict[str, tuple[FloatArray, BoolArray]] = {}
    often = Counter(result.attack.name for result in results)
    for result in results:
        if result.outcome is not None and result.attack.entry.adversary:
            found = result.outcome.success[right]
            if found.sum() >= 2 * FEWEST:
                called = _called(result.attack, alone=often[result.attack.name] == 1)
                attacked[called] = result.outcome.examples[right], found
    if not attacked:
        raise UsageError(
            f"no adversary that found {2 * FEWEST} examples",
            expected="as many, to train a detector with and to test it",
            advice="Attack more samples: `attack-samples`.",
        )
    around = _around(classifier, plan)
    return measure_detection(classifier, targets.x[right], attacked, around, pace=pace)


def _called(attack: Attack, *, alone: bool) -> str:
    """Call an attack by its title, and where it is not alone by its parameters, too."""
    if alone:
        return attack.entry.title
    given = (f"{name} {value:g}" for name, value in attack.parameters.items())
    return f"{attack.entry.title} ({', '.join(given)})"


def _around(classifier: Classifier, plan: SearchPlan) -> SearchPlan:
    """Plan the search round samples and examples."""
    directions = min(_DIRECTIONS, classifier.spec.dimension)
    return replace(plan, directions=directions, signs=2, refine=None)


def _directions(classifier: Classifier, targets: Targets, plan: SearchPlan, pace: Pace) -> Measured:
    """Count directions within the budget that attacks in L2 have."""
    budget = default_attack("ddn", classifier.spec).budget
    counted = adversarial_directions(
        classifier, targets.x, targets.origin,
        budget=budget, clip=plan.clip, seed=plan.seed, pace=pace,
    )  # fmt: skip
    return Measured(directions=counted, budget=budget)
