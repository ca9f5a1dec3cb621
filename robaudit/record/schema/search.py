"""The part of a record that says what a search took, and how far it can be trusted."""

from typing import Annotated

from msgspec import UNSET, UnsetType

from robaudit.record.schema.numbers import Count, Distance, Positive, RecordStruct, Share, says
from robaudit.search.plan import Strategy


class ReachedRecord(RecordStruct, frozen=True, kw_only=True):
    """What came of asking for a precision."""

    figure: str
    asked: Positive
    half_width: Annotated[Distance | None, says("What it is; null where there is no interval.")]
    met: bool
    samples: Annotated[Count, says("How many were searched.")]
    most: Annotated[Count, says("How many there are.")]
    samples_for_half: Annotated[
        Count | None, says("How many would bring half of it; null where there are too few.")
    ]


class CheckRecord(RecordStruct, frozen=True, kw_only=True):
    """How a search was done, and how far it can be trusted."""

    strategy: Annotated[Strategy, says("The search that was used in the end.")]
    fallback: Annotated[str | None, says("Why it is not the search asked for.")]
    calibration_rays: Annotated[
        Count, says("Rays walked step by step to calibrate the traced search.")
    ]
    audited_rays: Annotated[Count, says("Rays walked step by step as well, drawn at random.")]
    disagreements: Annotated[Count, says("Audited rays that the strategy would have got wrong.")]
    disagreement_upper_bound: Annotated[
        Share, says("95 % upper bound of the share of all rays that the strategy gets wrong.")
    ]


class FigureBounds(RecordStruct, frozen=True, kw_only=True):
    """By how much rays that were told otherwise can have moved figures (95 %)."""

    restricted_mean: Distance
    crossing_rate: Share
    model_robustness: Distance


class SearchRecord(RecordStruct, frozen=True, kw_only=True):
    """What the search found and took, and how far it can be trusted."""

    rays: Count
    crossed: Annotated[
        Count, says("Rays with an adjacent class, those of misclassified samples included.")
    ]
    strategy: Annotated[Strategy | UnsetType, says("The search that was used in the end.")] = UNSET
    fallback: Annotated[str | UnsetType | None, says("Why it is not the search asked for.")] = UNSET
    calibration_rays: Annotated[
        Count | UnsetType, says("Rays walked step by step to calibrate the traced search.")
    ] = UNSET
    audited_rays: Annotated[Count, says("Rays walked step by step as well, drawn at random.")]
    disagreements: Annotated[Count, says("Audited rays that the strategy would have got wrong.")]
    disagreement_upper_bound: Annotated[
        Share, says("95 % upper bound of the share of all rays that the strategy gets wrong.")
    ]
    precision: Annotated[
        ReachedRecord | UnsetType | None, says("What came of the precision asked for.")
    ] = UNSET
    figure_bounds: Annotated[
        FigureBounds | UnsetType,
        says("By how much such rays can have moved figures, with the same confidence."),
    ] = UNSET
    forward_evaluations: Annotated[Count, says("Points on rays that the model was asked about.")]
    linear_evaluations: Annotated[Count, says("What probing every step would have taken.")]
    near_ties: Annotated[
        Count,
        says(
            "Points whose two best classes were within rounding; they were computed again, alone."
        ),
    ]
    seconds: Annotated[
        Distance | UnsetType, says("Of older records; others have it in their environment.")
    ] = UNSET

    @property
    def check(self) -> CheckRecord | None:
        """How far it can be trusted; ``None`` where an older record says too little."""
        if self.strategy is UNSET or self.fallback is UNSET or self.calibration_rays is UNSET:
            return None
        return CheckRecord(
            strategy=self.strategy,
            fallback=self.fallback,
            calibration_rays=self.calibration_rays,
            audited_rays=self.audited_rays,
            disagreements=self.disagreements,
            disagreement_upper_bound=self.disagreement_upper_bound,
        )
