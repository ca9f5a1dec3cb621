"""Writing down what was measured beside attacks."""

import numpy as np
from msgspec import UNSET, UnsetType

from robaudit.attacks.assessment import Assessment
from robaudit.attacks.boundaries.detection import Detection, least_detected
from robaudit.attacks.boundaries.subspace import Subspaces
from robaudit.attacks.common_corruptions.error import CorruptionErrors
from robaudit.record.schema.measures import (
    ClassDirectionsRecord,
    CorruptionRecord,
    CorruptionsRecord,
    DetectionRecord,
    DetectionsRecord,
    DirectionsRecord,
    MeasuresRecord,
)
from robaudit.record.schema.numbers import share_estimate
from robaudit.stats.bounded import UNIT, interval
from robaudit.stats.means import simple_mean
from robaudit.types import Estimate, IntArray


def describe_measures(assessment: Assessment, classes: int) -> MeasuresRecord | UnsetType:
    """Write down what was measured; nothing where nothing was asked for, or not come to."""
    measured = assessment.measured
    if measured is None:
        return UNSET
    corruptions, detection, directions = (
        measured.corruptions,
        measured.detection,
        measured.directions,
    )
    return MeasuresRecord(
        asked=list(dict.fromkeys(assessment.plan.measures)),
        corruptions=None if corruptions is None else _corruptions(corruptions),
        detection=None if detection is None else _detection(detection),
        directions=None
        if directions is None or measured.budget is None
        else _directions(directions, assessment.targets.origin, classes, measured.budget),
        skipped={str(name): why for name, why in measured.skipped.items()},
    )


def _corruptions(found: CorruptionErrors) -> CorruptionsRecord:
    return CorruptionsRecord(
        severities=list(found.severities),
        clean=share_estimate(found.clean),
        mean=share_estimate(found.mean),
        corruptions=[
            CorruptionRecord(
                name=name,
                mean=share_estimate(found.of_corruption[name]),
                errors=[share_estimate(each) for each in errors],
            )
            for name, errors in found.errors.items()
        ],
    )


def _detection(found: tuple[Detection, ...]) -> DetectionsRecord:
    return DetectionsRecord(
        least=share_estimate(least_detected(found)),
        pairs=[
            DetectionRecord(
                trained_on=one.trained_on,
                tested_on=one.tested_on,
                examples=one.examples,
                samples=one.samples,
                detected=share_estimate(one.detected),
                false_alarms=share_estimate(one.false_alarms),
                auroc=share_estimate(one.auroc),
            )
            for one in found
        ],
    )


def _directions(
    found: Subspaces, origin: IntArray, classes: int, budget: float
) -> DirectionsRecord:
    """Average over samples right at the start, and over those of each class (S,)."""
    right = found.crossing >= 0
    groups = [np.flatnonzero(right & (origin == index)) for index in range(classes)]
    everyone = np.flatnonzero(right)
    return DirectionsRecord(
        budget=budget,
        most=found.most,
        at_most=int((found.crossing[right] == found.most).sum()),
        samples=len(everyone),
        directions=_mean(found, found.crossing[everyone]),
        linear=_mean(found, found.linear[everyone]),
        per_class=[
            ClassDirectionsRecord(
                class_index=index,
                samples=len(members),
                directions=_mean(found, found.crossing[members]),
                linear=_mean(found, found.linear[members]),
            )
            for index, members in enumerate(groups)
        ],
    )


def _mean(found: Subspaces, counts: IntArray) -> Estimate:
    """Estimate the mean number of directions from that of each sample (n,), up to ``most``."""
    if not len(counts):
        return Estimate(None, None, None, reason="no sample right at the start")
    return interval(simple_mean(counts / found.most), UNIT, scale=found.most)
