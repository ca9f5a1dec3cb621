"""The whole assessment by attacks: results, curves, how far to trust them, what rays add."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from robaudit.attacks.agreement.by_sample import Agreement, agreement
from robaudit.attacks.agreement.closest import Closest, closest_distances
from robaudit.attacks.catalogue import Attack, check_attack, default_attack
from robaudit.attacks.curves import Curve, accuracy_curves
from robaudit.attacks.measures import Measure, check_measures
from robaudit.attacks.measuring import Measured, measure_beside, measure_share
from robaudit.attacks.outcome import Targets
from robaudit.attacks.run import (
    ELSEWHERE,
    INTERRUPTED,
    AttackResult,
    reason_to_skip,
    run_attacks,
)
from robaudit.attacks.trust.trust_flags import Flag, trust_flags
from robaudit.batches import Pace, Stopped
from robaudit.errors import ClassifierError, UsageError
from robaudit.search.plan import SearchPlan
from robaudit.search.rays import Rays
from robaudit.types import Classifier, IntArray

_NEAREST = ("ddn", "fmn-l2")


@dataclass(frozen=True)
class AttackPlan:
    """Which attacks to run, on how many of the samples searched, and at which strengths.

    ``samples`` is ``None`` for all; without ``strengths`` there are no curves. ``stand_ins``
    are run as well where none of the attacks that need gradients can be. ``required`` are
    the names of those without which the assessment is not what was asked for. ``measures`` are
    taken beside them, on the same samples: "corruptions", "detection", "directions".
    """

    attacks: tuple[Attack, ...]
    samples: int | None = None
    strengths: tuple[float, ...] = ()
    stand_ins: tuple[Attack, ...] = ()
    required: frozenset[str] = frozenset()
    measures: tuple[Measure, ...] = ()

    def __post_init__(self) -> None:
        for attack in (*self.attacks, *self.stand_ins):
            check_attack(attack)
        adversary = any(attack.entry.adversary for attack in self.attacks)
        check_measures(self.measures, adversary=adversary)
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

    plan: AttackPlan
    places: IntArray
    targets: Targets
    results: tuple[AttackResult, ...]
    curves: tuple[Curve, ...]
    flags: tuple[Flag, ...]
    agreement: Agreement | None
    interrupted: bool = False
    measured: Measured | None = None

    @property
    def skipped(self) -> tuple[AttackResult, ...]:
        """The adversaries, and the attacks required, that could not be run."""
        return tuple(
            result
            for result in self.results
            if result.outcome is None
            and result.skipped != INTERRUPTED
            and (result.attack.entry.adversary or result.attack.name in self.plan.required)
        )

    @property
    def has_adversary(self) -> bool:
        """Whether any attack ran that looks for the worst, as noise and corruptions do not."""
        return any(
            result.outcome is not None and result.attack.entry.adversary for result in self.results
        )

    @property
    def missing(self) -> tuple[AttackResult, ...]:
        """Those without which this is not what was asked for: all adversaries, if none ran."""
        return tuple(
            result
            for result in self.skipped
            if result.attack.name in self.plan.required or not self.has_adversary
        )

    @property
    def unmeasured(self) -> Mapping[Measure, str]:
        """The measures asked for that could not be taken, and why."""
        return self.measured.skipped if self.measured is not None else {}

    @property
    def stand_ins(self) -> tuple[AttackResult, ...]:
        """Those that were run in the place of attacks that need gradients."""
        return tuple(result for result in self.results if result.attack in self.plan.stand_ins)


def reasons(skipped: Sequence[AttackResult]) -> str:
    """Say why attacks did not run, each reason once: "FGSM, PGD (no gradients)"."""
    titles: dict[str, list[str]] = {}
    for result in skipped:
        titles.setdefault(result.skipped or "", []).append(result.attack.entry.title)
    return "; ".join(f"{', '.join(names)} ({reason})" for reason, names in titles.items())


def assess(
    classifier: Classifier,
    searched: Targets,
    rays: Rays,
    search_plan: SearchPlan,
    plan: AttackPlan,
    pace: Pace,
    results: tuple[AttackResult, ...] | None = None,
) -> Assessment:
    """Attack the first of the samples that were searched, which come evenly over classes.

    ``results`` are what attacks did to all of them, where they have been attacked.
    """
    seed = search_plan.seed
    if results is None:
        count = min(plan.samples or len(searched.x), len(searched.x))
        places = np.arange(count)
        targets = searched.take(places)
        results = attack_all(classifier, targets, plan, seed=seed, pace=pace)
    else:
        places, targets = np.arange(len(searched.x)), searched
    assessment = Assessment(plan, places, targets, results, (), (), None)
    if any(result.skipped == INTERRUPTED for result in results):
        return replace(assessment, interrupted=True)
    try:
        if plan.measures:
            beside = (results, search_plan, plan.measures, pace)
            measured = measure_beside(classifier, targets, *beside)
            assessment = replace(assessment, measured=measured)
        if not plan.attacks:
            return assessment
        if plan.strengths:
            curves = accuracy_curves(classifier, targets, plan.strengths, seed=seed, pace=pace)
            assessment = replace(assessment, curves=curves)
        flags = trust_flags(classifier, targets, results, seed=seed, pace=pace)
        assessment = replace(assessment, flags=flags)
        with suppress(ClassifierError):  # the model fails where nothing failed before
            known = with_nearest(classifier, targets, results, seed=seed, pace=pace)
            compared = (classifier.spec, targets, places, known, rays, search_plan)
            closest = pace.blocks.done(
                "closest-examples",
                Closest,
                lambda: closest_distances(
                    *compared, classifier=classifier, batch_size=pace.batch_size
                ),
                targets=targets,
                results=[_what_counts(result) for result in known],
                step=rays.step,
                realised=rays.realised,
                plan=search_plan,
            )
            agreed = agreement(closest, *compared)
            assessment = replace(assessment, agreement=agreed)
    except KeyboardInterrupt:  # as Stopped is one
        return replace(assessment, interrupted=True)
    return assessment


def _what_counts(result: AttackResult) -> AttackResult:
    """Leave out how long an attack took."""
    outcome = result.outcome
    return result if outcome is None else replace(result, outcome=replace(outcome, seconds=0.0))


def with_nearest(
    classifier: Classifier,
    targets: Targets,
    results: tuple[AttackResult, ...],
    *,
    seed: int,
    pace: Pace,
) -> tuple[AttackResult, ...]:
    """Add DDN and FMN in L2 to what attacks did, where they are not there and there are gradients.

    Attacks within a budget do not look for the nearest example: without these the closest
    boundary would hang on which attacks were asked for. The two miss other samples: one comes
    from outside, the other from the sample. Raises Stopped where the work is to stop.
    """
    ran = {one.attack.name for one in results if one.outcome or one.skipped == ELSEWHERE}
    wanted = [default_attack(name, classifier.spec) for name in _NEAREST if name not in ran]
    able = [one for one in wanted if reason_to_skip(one, classifier, targets) is None]
    if not able:
        return results
    found = run_attacks(classifier, targets, able, seed=seed, pace=pace, stage="closest")
    if any(result.skipped == INTERRUPTED for result in found):
        raise Stopped
    return (*results, *found)


def assess_share(
    classifier: Classifier,
    searched: Targets,
    search_plan: SearchPlan,
    plan: AttackPlan,
    pace: Pace,
) -> None:
    """Do one share of what hangs on single samples: attacks, measures, curves, nearest examples.

    Raises Stopped where the work is to stop.
    """
    seed = search_plan.seed
    targets = searched.take(np.arange(min(plan.samples or len(searched.x), len(searched.x))))
    results = attack_all(classifier, targets, plan, seed=seed, pace=pace)
    if any(result.skipped == INTERRUPTED for result in results):
        raise Stopped
    measure_share(classifier, targets, search_plan, plan.measures, pace)
    if not plan.attacks:
        return
    if plan.strengths:
        accuracy_curves(classifier, targets, plan.strengths, seed=seed, pace=pace)
    with suppress(ClassifierError):
        with_nearest(classifier, targets, results, seed=seed, pace=pace)


def attack_all(
    classifier: Classifier, targets: Targets, plan: AttackPlan, *, seed: int, pace: Pace
) -> tuple[AttackResult, ...]:
    """Run all attacks of a plan, and their stand-ins where they are wanted."""
    attacks = _with_stand_ins(plan, classifier, targets)
    return run_attacks(classifier, targets, attacks, seed=seed, pace=pace)


def _with_stand_ins(
    plan: AttackPlan, classifier: Classifier, targets: Targets
) -> tuple[Attack, ...]:
    """List the attacks to run: with those that need no gradients, where none of the others can."""
    seeing = [attack for attack in plan.attacks if attack.entry.need == "gradients"]
    able = [attack for attack in seeing if reason_to_skip(attack, classifier, targets) is None]
    return plan.attacks if able or not seeing else (*plan.attacks, *plan.stand_ins)
