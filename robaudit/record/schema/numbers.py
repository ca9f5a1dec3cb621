"""Numbers, lists and pictures that records are made of, with the values they may have."""

from typing import Annotated, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

from robaudit.types import Estimate

T = TypeVar("T")

Count = Annotated[int, Meta(ge=0)]
AtLeastOne = Annotated[int, Meta(ge=1)]
Share = Annotated[float, Meta(ge=0, le=1)]
Distance = Annotated[float, Meta(ge=0)]
Positive = Annotated[float, Meta(gt=0)]
Correlation = Annotated[float, Meta(ge=-1, le=1)]
Interval = Annotated[
    list[float | None],
    Meta(
        min_length=2,
        max_length=2,
        description="Lower and upper bound; null for a bound that does not exist.",
    ),
]
Picture = Annotated[
    Annotated[str, Meta(pattern="^[A-Za-z0-9+/=]*$")] | None,
    Meta(description="A PNG in base64; null for inputs that are no pictures."),
]
FileName = Annotated[str, Meta(pattern=r"^[^/\\.][^/\\]*(/[^/\\.][^/\\]*)?$")]
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Files = Annotated[
    dict[FileName, Digest],
    Meta(
        description="SHA-256 of each file that was written with the record, pages left out, by "
        "its name from the record's folder; older records, and those of no file, lack it."
    ),
]
Version = Annotated[str, Meta(pattern=r"^1\.[0-9]+$")]


def says(text: str) -> Meta:
    """Describe a field."""
    return Meta(description=text)


def given(value: T | UnsetType, otherwise: T) -> T:
    """Give what a record holds, or what stands for a field that an older one lacks."""
    return otherwise if value is UNSET else value


class RecordStruct(Struct, frozen=True, kw_only=True):
    """What every part of a record is: frozen, and made by naming its fields."""


class ShareEstimate(RecordStruct, frozen=True, kw_only=True):
    """A share with its interval; all null where there is none."""

    value: Share | None
    low: Share | None
    high: Share | None


class CorrelationEstimate(RecordStruct, frozen=True, kw_only=True):
    """A correlation with its interval; all null where there is none."""

    value: Correlation | None
    low: Correlation | None
    high: Correlation | None


class MarginEstimate(RecordStruct, frozen=True, kw_only=True):
    """A restricted mean margin, E[min(margin, reach)], and the same as a Euclidean distance.

    ``reason`` says why it has no interval, where it has none.
    """

    value: float | None
    low: float | None
    high: float | None
    l2: float | None
    reason: str | None = None


def share_estimate(estimate: Estimate) -> ShareEstimate:
    """Write down an estimate of a share."""
    return ShareEstimate(value=estimate.value, low=estimate.low, high=estimate.high)


def margin_estimate(estimate: Estimate, l2_per_unit: float) -> MarginEstimate:
    """Write down a margin; ``l2_per_unit`` is the Euclidean length of a margin of 1."""
    value = estimate.value
    return MarginEstimate(
        value=value,
        low=estimate.low,
        high=estimate.high,
        l2=None if value is None else value * l2_per_unit,
        reason=estimate.reason,
    )


def interval_of(estimate: Estimate) -> list[float | None]:
    """Write down the interval of an estimate whose value stands elsewhere."""
    return [estimate.low, estimate.high]


def reasons_of(**estimates: Estimate) -> dict[str, str]:
    """Write down why estimates whose value stands elsewhere have no interval, by their names."""
    return {name: estimate.reason for name, estimate in estimates.items() if estimate.reason}
