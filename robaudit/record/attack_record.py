"""The part of an audit's record that attacks fill."""

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from robaudit.attacks.agreement.by_sample import Agreement
from robaudit.attacks.assessment import Assessment
from robaudit.attacks.catalogue import CATALOGUE
from robaudit.attacks.run import AttackResult, robust_accuracy, robust_accuracy_of_classes
from robaudit.audit import Audit
from robaudit.record.gallery import adversarial_pictures
from robaudit.requirements import version_of
from robaudit.stats.intervals import wilson_interval
from robaudit.types import Estimate

_NOTHING = Estimate(None, None, None)


def attack_record(audit: Audit) -> dict[str, Any]:
    """Write down what attacks made of an audit's samples; all is empty where none were run."""
    assessment = audit.assessment
    if assessment is None:
        return {"attacks": []}
    targets = assessment.targets
    correct = int(targets.correct.sum())
    return {
        "attacks": [_attack(audit, assessment, result) for result in assessment.results],
        "attack_plan": {
            "samples": len(targets.x),
            "clean": asdict(wilson_interval(correct, len(targets.x))),
            "seed": audit.plan.seed,
            "art": version_of("adversarial-robustness-toolbox"),
        },
        "curves": [
            {
                "name": curve.name,
                "title": CATALOGUE[curve.name].title,
                "strengths": list(curve.strengths),
                "accuracy": [asdict(one) for one in curve.accuracy],
                "skipped": curve.skipped,
            }
            for curve in assessment.curves
        ],
        "trust": [{**asdict(flag), "measured": dict(flag.measured)} for flag in assessment.flags],
        "closest": None if assessment.agreement is None else _closest(assessment.agreement),
        "attack_gallery": [asdict(picture) for picture in adversarial_pictures(audit)],
    }


def _closest(agreement: Agreement) -> dict[str, Any]:
    found = _plain(asdict(agreement))
    for one in found["per_class"]:
        one["class"] = one.pop("class_index")
    return dict(found)


def _attack(audit: Audit, assessment: Assessment, result: AttackResult) -> dict[str, Any]:
    attack, outcome = result.attack, result.outcome
    accuracy, per_class, median = _NOTHING, [], None
    if outcome is not None:
        accuracy = robust_accuracy(outcome)
        classes = audit.classifier.spec.classes
        origin = assessment.targets.origin
        per_class = [asdict(one) for one in robust_accuracy_of_classes(outcome, origin, classes)]
        middle = float(np.median(outcome.distance))
        median = middle if math.isfinite(middle) else None
    return {
        "name": attack.name,
        "title": attack.entry.title,
        "norm": attack.norm,
        "budget": attack.budget if math.isfinite(attack.budget) else None,
        "parameters": dict(attack.parameters),
        "source": attack.entry.source,
        "skipped": result.skipped,
        "accuracy": asdict(accuracy),
        "per_class": per_class,
        "median_distance": median,
        "outside_budget": outcome.outside if outcome else 0,
        "evaluations": outcome.evaluations if outcome else 0,
        "gradients": outcome.gradients if outcome else 0,
        "seconds": outcome.seconds if outcome else 0.0,
    }


def _plain(value: Any) -> Any:
    """Turn tuples into lists and what is no finite number into ``None``, as JSON needs it."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
