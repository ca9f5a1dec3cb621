"""The part of a record that says how far an audit, or a hardening, came that was stopped."""

from typing import Annotated, Literal

from msgspec import UNSET, UnsetType

from robaudit.record.schema.hardening import RunRecord
from robaudit.record.schema.numbers import Count, RecordStruct, says


class PartialRecord(RecordStruct, frozen=True, kw_only=True):
    """How far an audit came that was stopped: all figures are of what there was then."""

    stage: Annotated[
        Literal["search", "attacks", "draws", "training"],
        says(
            "What was under way, and is not all there; training: of a hardening, whose original "
            "this audits."
        ),
    ]
    samples: Annotated[Count, says("How many samples were searched.")]
    of_samples: Annotated[Count, says("How many were to be searched at most.")]
    training: Annotated[
        list[RunRecord] | UnsetType,
        says(
            "What was trained by then, one run a seed; the last run, and its last round, may end"
            " early."
        ),
    ] = UNSET
