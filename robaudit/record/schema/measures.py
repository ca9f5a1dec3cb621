"""The part of an audit's record that is measured beside attacks, where it was asked for."""

from typing import Annotated

from msgspec import Meta, field

from robaudit.attacks.measures import Measure
from robaudit.record.schema.numbers import (
    AtLeastOne,
    Count,
    Distance,
    RecordStruct,
    ShareEstimate,
    says,
)
from robaudit.types import Estimate


class CorruptionRecord(RecordStruct, frozen=True, kw_only=True):
    """The error under one corruption."""

    name: str
    mean: Annotated[ShareEstimate, says("Over its severities.")]
    errors: Annotated[list[ShareEstimate], says("One a severity.")]


class CorruptionsRecord(RecordStruct, frozen=True, kw_only=True):
    """The error on corrupted pictures, against the reference class."""

    severities: list[AtLeastOne]
    clean: Annotated[ShareEstimate, says("Error on the same pictures as they are.")]
    mean: Annotated[
        ShareEstimate,
        says("Over corruptions and severities, of errors as they are: not divided by AlexNet's."),
    ]
    corruptions: list[CorruptionRecord]


class DetectionRecord(RecordStruct, frozen=True, kw_only=True):
    """How a detector trained on an attack's examples does on those of another, or the same."""

    trained_on: str
    tested_on: str
    examples: Annotated[Count, says("It had seen neither these nor the samples.")]
    samples: Count
    detected: Annotated[ShareEstimate, says("Of the examples.")]
    false_alarms: Annotated[ShareEstimate, says("Of the samples.")]
    auroc: Annotated[ShareEstimate, says("Area under the ROC curve.")]


class DetectionsRecord(RecordStruct, frozen=True, kw_only=True):
    """How well examples are told from samples by the boundaries around them."""

    least: Annotated[
        ShareEstimate,
        says(
            "The smallest area under the ROC curve of a detector on the attack that it was trained "
            "on, with an interval that allows for how many there are."
        ),
    ]
    pairs: list[DetectionRecord]


class ClassDirectionsRecord(RecordStruct, frozen=True, kw_only=True):
    """Orthogonal adversarial directions of a class's samples that are right at the start."""

    class_index: Count = field(name="class")
    samples: Count
    directions: Annotated[Estimate, says("Their mean number.")]
    linear: Annotated[Estimate, says("What boundaries as flat as at the samples would let cross.")]


class DirectionsRecord(RecordStruct, frozen=True, kw_only=True):
    """How many orthogonal directions lead out of the class within a budget."""

    budget: Annotated[Distance, says("Euclidean length, as a share of the pixel range.")]
    most: Annotated[AtLeastOne, says("Up to so many were tried of each sample.")]
    at_most: Annotated[Count, says("Samples of which as many crossed: their count is a bound.")]
    samples: Count
    directions: Annotated[Estimate, says("The mean over samples right at the start.")]
    linear: Estimate
    per_class: list[ClassDirectionsRecord]


class MeasuresRecord(RecordStruct, frozen=True, kw_only=True):
    """What was measured beside attacks, on the samples attacked; null where it was not."""

    asked: list[Measure]
    corruptions: CorruptionsRecord | None
    detection: DetectionsRecord | None
    directions: DirectionsRecord | None
    skipped: Annotated[
        dict[str, Annotated[str, Meta(min_length=1)]],
        says("Why a measure that was asked for was not taken."),
    ]
