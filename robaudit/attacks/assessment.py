"""The whole assessment by attacks: results, curves, how far to trust them, what rays add."""

from contextlib import suppress
from dataclasses import dataclass, replace

from robaudit.attacks.agreement.by_sample import Agreement, agreement
from robaudit.attacks.catalogue import Attack
from robaudit.attacks.curves import Curve, accuracy_curves
from robaudit.attacks.run import INTERRUPTED, AttackResult, Targets, run_attacks
from robaudit.attacks.trust.trust_flags import Flag, trust_flags
from robaudit.batches import Pace
from robaudit.data.sampling import balanced_rows
from robaudit.errors import ClassifierError, UsageError
from robaudit.search.plan import SearchPlan
from robaudit.search.rays import Rays
from robaudit.types import Classifier, IntArray


@dataclass(frozen=True)
class AttackPlan:
    """Which attacks to run, on how many of the samples searched, and at which strengths.

    ``samples`` is ``None`` for all; without ``strengths`` there are no curves.
    """

    attacks: tuple[Attack, ...]
    samples: int | None = None
    strengths: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.samples is not None and self.samples < 1:
            raise UsageError(f"{self.samples} samples to attack", expected="at least 1")
        if any(not 0 < strength <= 1 for strength in self.strengths):
            raise UsageError(
                f"strengths {self.strengths}", expected="shares of the pixel range, above 0"
            )


@dataclass(frozen=True)
class Assessment:
    """What attacks made of some of an audit's samples.

    ``places`` (S,) says which of the audit's samples are ``targets``, one after
    the other. ``interrupted`` tells whether it was ended before its time; what was
    finished by then is there.
    """

    places: IntArray
    targets: Targets
    results: tuple[AttackResult, ...]
    curves: tuple[Curve, ...]
    flags: tuple[Flag, ...]
    agreement: Agreement | None
    interrupted: bool = False


def assess(
    classifier: Classifier,
    searched: Targets,
    rays: Rays,
    search_plan: SearchPlan,
    plan: AttackPlan,
    pace: Pace,
) -> Assessment:
    """Attack some of the samples that were searched, as evenly over classes as can be."""
    seed = search_plan.seed
    count = min(plan.samples or len(searched.x), len(searched.x))
    places = balanced_rows(searched.origin, count, seed)
    targets = searched.take(places)
    results = run_attacks(classifier, targets, plan.attacks, seed=seed, pace=pace)
    assessment = Assessment(places, targets, results, (), (), None)
    if any(result.skipped == INTERRUPTED for result in results):
        return replace(assessment, interrupted=True)
    try:
        if plan.strengths:
            curves = accuracy_curves(classifier, targets, plan.strengths, seed=seed, pace=pace)
            assessment = replace(assessment, curves=curves)
        flags = trust_flags(classifier, targets, results, seed=seed, pace=pace)
        assessment = replace(assessment, flags=flags)
        with suppress(ClassifierError):  # the model fails where nothing failed before
            agreed = agreement(
                classifier.spec,
                targets,
                places,
                results,
                rays,
                search_plan,
                classifier=classifier,
                batch_size=pace.batch_size,
            )
            assessment = replace(assessment, agreement=agreed)
    except KeyboardInterrupt:
        return replace(assessment, interrupted=True)
    return assessment
