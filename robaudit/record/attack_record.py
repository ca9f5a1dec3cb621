"""The part of an audit's record that attacks fill."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from robaudit.attacks.agreement.by_class import ClassAgreement
from robaudit.attacks.agreement.by_sample import Agreement
from robaudit.attacks.agreement.closest import RAYS
from robaudit.attacks.assessment import Assessment
from robaudit.attacks.catalogue import CATALOGUE
from robaudit.attacks.curves import Curve, QueryCurve, query_curves
from robaudit.attacks.effort import doubt_of
from robaudit.attacks.run import (
    AttackResult,
    lowest_accuracy,
    robust_accuracy,
    robust_accuracy_of_classes,
)
from robaudit.attacks.trust.flag import Flag
from robaudit.attacks.worst_class import NAMING_ERROR, alike_under_attack
from robaudit.audit import Audit
from robaudit.record.gallery import adversarial_pictures
from robaudit.record.measures_record import describe_measures
from robaudit.record.schema.attacks import (
    AttackPlanRecord,
    AttackRecord,
    ClassClosestRecord,
    ClosestRecord,
    CurveRecord,
    FlagRecord,
    LookedRecord,
    QueryCurveRecord,
    RightClosestRecord,
)
from robaudit.record.schema.numbers import CorrelationEstimate, share_estimate
from robaudit.requirements import version_of
from robaudit.stats.bounded import share_interval
from robaudit.stats.naming import error_of_each
from robaudit.types import Estimate

_NOTHING = Estimate(None, None, None)
_NO_UPPER_END = "so few samples have an example that the interval has no upper end"
_TITLES = {RAYS: "a random direction"} | {name: entry.title for name, entry in CATALOGUE.items()}


def attack_parts(audit: Audit) -> dict[str, Any]:
    """Write down what attacks made of an audit's samples; all is empty where none were run."""
    assessment = audit.assessment
    if assessment is None:
        return {"attacks": []}
    targets = assessment.targets
    correct = int(targets.correct.sum())
    return {
        "attacks": [_attack(audit, assessment, result) for result in assessment.results],
        "attack_plan": AttackPlanRecord(
            samples=len(targets.x),
            clean=share_estimate(share_interval(correct, len(targets.x))),
            lowest=share_estimate(
                lowest_accuracy(
                    [
                        one.outcome
                        for one in assessment.results
                        if one.outcome and one.attack.entry.adversary
                    ]
                )
            ),
            seed=audit.plan.seed,
            art=version_of("adversarial-robustness-toolbox"),
        ),
        "curves": [_curve(curve) for curve in assessment.curves],
        "query_curves": [_query_curve(curve) for curve in query_curves(assessment.results)],
        "trust": [_flag(flag) for flag in assessment.flags],
        "closest": None if assessment.agreement is None else _closest(assessment.agreement),
        "measures": describe_measures(assessment, audit.classifier.spec.classes),
        "attack_gallery": adversarial_pictures(audit),
    }


def _attack(audit: Audit, assessment: Assessment, result: AttackResult) -> AttackRecord:
    attack, outcome = result.attack, result.outcome
    accuracy, per_class, median = _NOTHING, tuple[Estimate, ...](), None
    alike = tuple[int, ...]()
    if outcome is not None:
        error = error_of_each(NAMING_ERROR, sum(not one.skipped for one in assessment.results))
        alike = alike_under_attack(outcome, assessment.targets.origin, error)
        accuracy = robust_accuracy(outcome)
        classes = audit.classifier.spec.classes
        per_class = robust_accuracy_of_classes(outcome, assessment.targets.origin, classes)
        median = _finite(float(np.median(outcome.distance)))
    return AttackRecord(
        name=attack.name,
        title=attack.entry.title,
        norm=attack.norm,
        budget=_finite(attack.budget),
        parameters=_as_numbers(attack.parameters),
        source=attack.entry.source,
        adversary=attack.entry.adversary,
        required=attack.name in assessment.plan.required,
        stand_in=attack in assessment.plan.stand_ins,
        members=list(outcome.members) if outcome else [],
        doubt=doubt_of(result),
        skipped=result.skipped,
        accuracy=share_estimate(accuracy),
        per_class=[share_estimate(estimate) for estimate in per_class],
        worst_alike=list(alike),
        median_distance=median,
        outside_budget=outcome.outside if outcome else 0,
        evaluations=outcome.evaluations if outcome else 0,
        gradients=outcome.gradients if outcome else 0,
    )


def _curve(curve: Curve) -> CurveRecord:
    return CurveRecord(
        name=curve.name,
        title=CATALOGUE[curve.name].title,
        strengths=list(curve.strengths),
        accuracy=[share_estimate(estimate) for estimate in curve.accuracy],
        skipped=curve.skipped,
    )


def _query_curve(curve: QueryCurve) -> QueryCurveRecord:
    return QueryCurveRecord(
        name=curve.attack.name,
        title=curve.attack.entry.title,
        norm=curve.attack.norm,
        queries=list(curve.queries),
        accuracy=[share_estimate(estimate) for estimate in curve.accuracy],
        median_distance=[_finite_ends(distance) for distance in curve.median],
    )


def _flag(flag: Flag) -> FlagRecord:
    return FlagRecord(
        name=flag.name,
        raised=flag.raised,
        sentence=flag.sentence,
        measured=dict(flag.measured),
    )


def _closest(agreement: Agreement) -> ClosestRecord:
    correlation = agreement.rank_correlation
    return ClosestRecord(
        samples=agreement.samples,
        by=dict(agreement.by),
        looked=[
            LookedRecord(name=one.name, parameters=_as_numbers(one.parameters))
            for one in agreement.attacks
        ],
        titles={name: _TITLES[name] for name in agreement.by if name in _TITLES},
        distance=agreement.distance,
        compared=agreement.compared,
        rank_correlation=CorrelationEstimate(
            value=correlation.value, low=correlation.low, high=correlation.high
        ),
        missing=agreement.missing,
        per_class=[_class_closest(of_class) for of_class in agreement.per_class],
        disagreeing=list(agreement.disagreeing),
        sentence=agreement.sentence,
    )


def _class_closest(of_class: ClassAgreement) -> ClassClosestRecord:
    right = of_class.right
    return ClassClosestRecord(
        class_index=of_class.class_index,
        closest=of_class.closest,
        margin=of_class.margin,
        right_at_start=RightClosestRecord(
            samples=right.samples, attack=right.attack, ray=right.ray, margin=right.margin
        ),
    )


def _as_numbers(parameters: Mapping[str, float]) -> dict[str, float]:
    """Write whole numbers as they come back when a record is read."""
    return {name: float(value) for name, value in parameters.items()}


def _finite_ends(estimate: Estimate) -> Estimate:
    """Leave out an interval that has no upper end."""
    if estimate.high is None or math.isfinite(estimate.high):
        return estimate
    return replace(estimate, low=None, high=None, reason=estimate.reason or _NO_UPPER_END)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
