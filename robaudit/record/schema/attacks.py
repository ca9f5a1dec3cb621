"""The part of an audit's record that attacks fill."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

from robaudit.attacks.catalogue import CATALOGUE, Norm
from robaudit.record.schema.numbers import (
    AtLeastOne,
    CorrelationEstimate,
    Count,
    Distance,
    Picture,
    Positive,
    RecordStruct,
    ShareEstimate,
    says,
)
from robaudit.types import Estimate


class AttackRecord(RecordStruct, frozen=True, kw_only=True):
    """One attack that was asked for, and what it left."""

    name: Annotated[str, says("As users give it.")]
    title: Annotated[str, says("As people write it.")]
    norm: Annotated[
        Norm,
        says(
            "How a change is measured: the largest of a pixel, its Euclidean length, the sum of "
            "its sizes, how many numbers it changes, or not."
        ),
    ]
    budget: Annotated[
        Distance | None,
        says(
            "The largest change that counts, in its norm, as a share of the pixel range, in L0 a "
            "number; null where any counts."
        ),
    ]
    parameters: dict[str, float]
    source: Annotated[str, says("Where the attack and its parameters come from.")]
    adversary: Annotated[
        bool | UnsetType, says("Whether it looks for the worst, as noise and corruptions do not.")
    ] = UNSET
    required: Annotated[
        bool | UnsetType, says("Whether it was asked for by its name, not within a suite.")
    ] = UNSET
    stand_in: Annotated[
        bool | UnsetType, says("Whether it was run since attacks that need gradients could not be.")
    ] = UNSET
    members: Annotated[
        list[str] | UnsetType,
        says("The attacks that it was made of here, as people write them; empty of any other."),
    ] = UNSET
    doubt: Annotated[
        str | UnsetType | None,
        says(
            "Why it was given too little for its budget, so that what it left standing is no "
            "robustness; null where nothing says so."
        ),
    ] = UNSET
    skipped: Annotated[
        Annotated[str, Meta(min_length=1)] | None,
        says("Why the attack did not run; null where it did."),
    ]
    accuracy: Annotated[
        ShareEstimate,
        says(
            "Robust accuracy: the share of samples that hold, with its interval. "
            "Misclassified samples do not hold. Null where skipped."
        ),
    ]
    per_class: Annotated[
        list[ShareEstimate],
        says(
            "Robust accuracy of each class, nulls for those without samples; empty where skipped."
        ),
    ]
    worst_alike: Annotated[
        list[Count] | UnsetType,
        says(
            "The classes that cannot be told from the one of which least hold, which is among "
            "them; empty where skipped."
        ),
    ] = UNSET
    median_distance: Annotated[
        Distance | None,
        says(
            "Over all samples, in the attack's norm (L2 where it has none), 0 for those "
            "misclassified; null where fewer than half were lost."
        ),
    ]
    outside_budget: Annotated[
        Count, says("Examples of another class that lay beyond the budget and do not count.")
    ]
    evaluations: Annotated[Count, says("Single inputs passed forwards.")]
    gradients: Annotated[Count, says("Single inputs passed backwards.")]
    seconds: Annotated[
        Distance | UnsetType, says("Of older records; others have it in their environment.")
    ] = UNSET

    @property
    def is_adversary(self) -> bool:
        """Whether it looks for the worst; older records do not say so, but name the attack."""
        if self.adversary is not UNSET:
            return self.adversary
        return self.name not in CATALOGUE or CATALOGUE[self.name].adversary


class AttackPlanRecord(RecordStruct, frozen=True, kw_only=True):
    """What all attacks share."""

    samples: Annotated[AtLeastOne, says("Samples attacked.")]
    clean: Annotated[ShareEstimate, says("Accuracy on these samples, unchanged.")]
    lowest: Annotated[
        ShareEstimate | UnsetType,
        says(
            "The smallest robust accuracy that adversaries left, with an interval that allows for "
            "how many they are; nulls where none ran."
        ),
    ] = UNSET
    seed: Count
    art: Annotated[
        str | None,
        says("Version of the Adversarial Robustness Toolbox; null where it is not installed."),
    ]


class CurveRecord(RecordStruct, frozen=True, kw_only=True):
    """Robust accuracy of one attack at rising strengths."""

    name: str
    title: str
    strengths: Annotated[
        list[Distance], says("Rising, as shares of the pixel range; empty where skipped.")
    ]
    accuracy: Annotated[list[ShareEstimate], says("One a strength.")]
    skipped: Annotated[str | None, says("Why there is no curve; null where there is.")]


class QueryCurveRecord(RecordStruct, frozen=True, kw_only=True):
    """Robust accuracy that one attack without gradients left with so many queries."""

    name: str
    title: str
    norm: Norm
    queries: Annotated[
        list[AtLeastOne], says("Predictions asked for a sample, each about twice the one before.")
    ]
    accuracy: Annotated[list[ShareEstimate], says("One a number of queries, within the budget.")]
    median_distance: Annotated[
        list[Estimate],
        says(
            "One a number of queries: over all samples, in the attack's norm, of the nearest "
            "example known by then, with its interval; null where fewer than half had one."
        ),
    ]


class FlagRecord(RecordStruct, frozen=True, kw_only=True):
    """A sign that attacks look weaker than they should."""

    name: Annotated[str, says("Words joined by hyphens.")]
    raised: Annotated[
        bool | None, says("Null where it could not be checked; the sentence says why.")
    ]
    sentence: Annotated[str, says("What was seen and what to do.")]
    measured: Annotated[
        dict[str, int | float | str | bool | None], says("The numbers it rests on.")
    ]


class RightClosestRecord(RecordStruct, frozen=True, kw_only=True):
    """The distances (RMS) of a class's samples that are right at the start."""

    samples: Count
    attack: Annotated[
        Distance | None,
        says(
            "Median distance to the nearest adversarial example, after clipping; null where none "
            "was found for half of them."
        ),
    ]
    ray: Annotated[
        Distance | None,
        says("Median distance to the nearest crossing along random directions, after clipping."),
    ]
    margin: Annotated[
        Distance | None, says("Mean margin along random directions, as walked, before clipping.")
    ]


class ClassClosestRecord(RecordStruct, frozen=True, kw_only=True):
    """The distances of one class, over all its samples."""

    closest: Annotated[
        Distance | None,
        says(
            "Median of the smallest RMS distances by any means, after clipping; null where there "
            "is none."
        ),
    ]
    margin: Annotated[
        Distance | None,
        says(
            "Mean margin along random directions, as walked; null where the class was not searched."
        ),
    ]
    class_index: Count = field(name="class")
    right_at_start: Annotated[
        RightClosestRecord | UnsetType,
        says("The same without the samples that are misclassified to begin with."),
    ] = UNSET


class LookedRecord(RecordStruct, frozen=True, kw_only=True):
    """An attack whose examples were looked through for the closest."""

    name: str
    parameters: dict[str, float]


class ClosestRecord(RecordStruct, frozen=True, kw_only=True):
    """The smallest distances found by any means beside mean margins."""

    samples: Count
    by: Annotated[
        dict[str, Count],
        says(
            "Samples whose smallest distance each means found: rays, an attack by its name, "
            "misclassified (at distance 0) or none."
        ),
    ]
    looked: Annotated[
        list[LookedRecord] | UnsetType,
        says("All attacks whose examples were looked through; of others it is another figure."),
    ] = UNSET
    titles: Annotated[
        dict[str, str] | UnsetType, says("What people call the means that found any, by name.")
    ] = UNSET
    distance: Annotated[
        Estimate | UnsetType,
        says(
            "Median of the smallest RMS distances over all samples, 0 for those misclassified, "
            "with its interval; null where nothing was found for half of them."
        ),
    ] = UNSET
    compared: Annotated[
        Count | UnsetType,
        says("Samples right at the start, which the correlation is over; older records: all."),
    ] = UNSET
    rank_correlation: Annotated[
        CorrelationEstimate,
        says("Between a sample's distance to its nearest adversarial example and its mean margin."),
    ]
    missing: Annotated[
        str | UnsetType | None, says("Why there is no correlation; null where there is.")
    ] = UNSET
    per_class: list[ClassClosestRecord]
    disagreeing: Annotated[list[Count], says("Classes that the two rank differently.")]
    sentence: str


class AdversarialRecord(RecordStruct, frozen=True, kw_only=True):
    """One sample and what an attack made of it."""

    attack: str
    title: str
    origin: Count
    adjacent: Count
    row: Annotated[Count, says("Row in the data.")]
    distance: Annotated[Distance, says("In the norm given (L2 where there is none).")]
    norm: Norm
    sample: Picture
    example: Picture
    difference: Annotated[Picture, says("The change, around grey.")]
    amplified: Annotated[Positive, says("By what the difference was multiplied to be seen.")]
