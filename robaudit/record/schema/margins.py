"""The part of an audit's record that the search fills: margins, and how unequal classes are."""

from typing import Annotated, Literal

from msgspec import UNSET, UnsetType, field

from robaudit.metrics.levels import Level
from robaudit.record.schema.numbers import (
    CorrelationEstimate,
    Count,
    Distance,
    Interval,
    MarginEstimate,
    Positive,
    RecordStruct,
    Share,
    ShareEstimate,
    says,
)
from robaudit.types import Estimate


class ClassMarginRecord(RecordStruct, frozen=True, kw_only=True):
    """The margins of one class; nulls where it was not searched."""

    class_index: Count = field(name="class")
    name: str
    samples: Count
    rays: Count
    crossing_rate: Estimate
    restricted_mean: MarginEstimate
    not_crossed: Annotated[
        list[Share], says("Share of rays not yet crossed at each step from 0 on.")
    ]


class RightClassMarginRecord(RecordStruct, frozen=True, kw_only=True):
    """The margins of a class's samples that are right at the start; nulls without any."""

    class_index: Count = field(name="class")
    samples: Count
    crossing_rate: Estimate
    restricted_mean: MarginEstimate


class RightMarginsRecord(RecordStruct, frozen=True, kw_only=True):
    """The margins of samples in their reference class to begin with; nulls without any."""

    samples: Count
    crossing_rate: Estimate
    restricted_mean: MarginEstimate
    per_class: Annotated[list[RightClassMarginRecord], says("One entry a class, in order.")]


class ConsistencyRecord(RecordStruct, frozen=True, kw_only=True):
    """How logit margins go with mean margins, of samples right at the start; nulls without logits.

    A logit margin is the lead of the best logit over the second.
    """

    samples: Annotated[Count, says("Samples compared: right at the start, at most 5,000.")]
    rank_correlation: Annotated[
        CorrelationEstimate, says("Between a sample's logit margin and its mean margin.")
    ]
    margin_threshold: Annotated[
        Distance | None, says("Brittle is a sample whose mean margin is below: the lower quartile.")
    ]
    brittle: Count
    auroc: Annotated[
        ShareEstimate,
        says("How often a brittle sample has a smaller logit margin than another that is not."),
    ]
    logit_threshold: Annotated[
        float | None,
        says(
            "At or below this logit margin lies another brittle sample with a probability of 95 % "
            "or more; null for fewer than 19 brittle samples."
        ),
    ]
    false_alarms: Annotated[
        ShareEstimate, says("The share of the other samples that lie there, too.")
    ]
    missing: Annotated[str | None, says("Why something has no number; null where all has.")]


class MarginsRecord(RecordStruct, frozen=True, kw_only=True):
    """How far samples lie from the decision boundary along random directions."""

    unit: Literal["rms"]
    l2_per_unit: Annotated[Positive, says("The Euclidean length of a margin of 1.")]
    realised_share: Annotated[
        Distance | None,
        says("Mean share of a crossing's distance that clipping left; null without crossings."),
    ]
    mean_matrix: Annotated[
        list[list[Distance | None]],
        says(
            "Mean margin from reference class (row) to adjacent class (column), Eq. 1; null where "
            "no ray crossed."
        ),
    ]
    count_matrix: list[list[Count]]
    crossing_rate: Estimate
    restricted_mean: MarginEstimate
    not_crossed: Annotated[
        list[Share], says("Share of rays not yet crossed at each step from 0 on.")
    ]
    per_class: Annotated[list[ClassMarginRecord], says("One entry a class, in order.")]
    right_at_start: Annotated[
        RightMarginsRecord | UnsetType,
        says("The same without the samples that are misclassified, and so at 0, to begin with."),
    ] = UNSET
    consistency: Annotated[
        ConsistencyRecord | UnsetType,
        says("Whether the logits of a sample tell how far from the boundary it lies."),
    ] = UNSET


class RightInequalityIntervals(RecordStruct, frozen=True, kw_only=True):
    """The intervals of figures over classes, of samples that are right at the start."""

    gini: Interval
    max_min: Interval
    missing: Annotated[
        dict[str, str] | UnsetType, says("Why figures have no interval, by their names.")
    ] = UNSET


class RightInequalityRecord(RecordStruct, frozen=True, kw_only=True):
    """How far classes lie apart by samples that are right at the start; nulls without any."""

    worst_class: Annotated[Count | None, says("The class with the smallest mean margin.")]
    worst_alike: Annotated[
        list[Count] | UnsetType,
        says("The classes that cannot be told from the worst, which is among them."),
    ] = UNSET
    worst_class_margin: Estimate
    gini: Annotated[Share | None, says("Over the classes' restricted mean margins.")]
    max_min: Annotated[Distance | None, says("Largest minus smallest restricted mean margin.")]
    p_value: Annotated[
        Share | None,
        says(
            "How often chance would set classes so far apart, were they all the same, by "
            "permutations of samples over classes; null where it cannot be told."
        ),
    ]
    intervals: RightInequalityIntervals


class InequalityIntervals(RecordStruct, frozen=True, kw_only=True):
    """The intervals of figures over classes."""

    model_robustness: Interval
    class_robustness: list[Interval]
    class_robustness_missing: Annotated[
        list[str | None] | UnsetType, says("Why R_i has no interval; null where it has.")
    ] = UNSET
    adjacent_share: list[Interval]
    unreached_share: Interval
    gini: Interval
    max_min: Interval
    missing: Annotated[
        dict[str, str] | UnsetType, says("Why figures have no interval, by their names.")
    ] = UNSET


class InequalityRecord(RecordStruct, frozen=True, kw_only=True):
    """How unequally the model treats its classes."""

    model_robustness: Annotated[Distance, says("R, Eq. 2.")]
    class_robustness: Annotated[
        list[Distance | None], says("R_i, Eq. 3; null where it has no number.")
    ]
    class_robustness_missing: Annotated[
        list[str | None], says("Why R_i has no number; null where it has.")
    ]
    adjacent_share: Annotated[
        list[Share], says("Share of all rays whose adjacent class is i (Table I).")
    ]
    unreached_share: Share
    levels: list[Level | None]
    worst_class: Annotated[Count, says("The class with the smallest restricted mean margin.")]
    worst_alike: Annotated[
        list[Count] | UnsetType,
        says("The classes that cannot be told from the worst, which is among them."),
    ] = UNSET
    worst_class_margin: Estimate
    gini: Annotated[Share, says("Over the classes' restricted mean margins.")]
    max_min: Annotated[Distance, says("Largest minus smallest restricted mean margin.")]
    intervals: InequalityIntervals
    right_at_start: Annotated[
        RightInequalityRecord | UnsetType,
        says("The same without the samples that are misclassified to begin with."),
    ] = UNSET
