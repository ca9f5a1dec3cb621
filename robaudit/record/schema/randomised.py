"""The record of a model that answers differently each time: its figures, draw by draw."""

from typing import Annotated

from robaudit.record.schema.numbers import AtLeastOne, RecordStruct, says
from robaudit.types import Estimate


class DrawnFigureRecord(RecordStruct, frozen=True, kw_only=True):
    """A figure in every draw, on the same samples and directions."""

    name: str
    values: Annotated[list[float | None], says("One a draw; null where it has no number.")]
    estimate: Annotated[
        Estimate,
        says(
            "The mean of the draws, from the lowest end of their intervals to the highest: over "
            "other samples and over other draws."
        ),
    ]


class RandomisedRecord(RecordStruct, frozen=True, kw_only=True):
    """How the figures differ from one draw of the model to the next."""

    draws: Annotated[AtLeastOne, says("All other parts of the record are of the first.")]
    figures: list[DrawnFigureRecord]
