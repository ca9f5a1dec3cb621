"""The record of what was audited: the model, the images, and what was done to them for it."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from robaudit.preprocessing.arrangement import Channels, Layout
from robaudit.preprocessing.choice import How
from robaudit.record.schema.numbers import (
    AtLeastOne,
    Count,
    Positive,
    RecordStruct,
    Share,
    says,
)
from robaudit.search.plan import Reference
from robaudit.types import ScoreKind


class InputRecord(RecordStruct, frozen=True, kw_only=True):
    """What the model takes."""

    shape: Annotated[
        list[AtLeastOne],
        Meta(min_length=1, description="Shape of one input, without the batch axis."),
    ]
    low: float
    high: float


class ModelRecord(RecordStruct, frozen=True, kw_only=True):
    """The model."""

    name: str
    sha256: Annotated[str, says("SHA-256 of the model file, or of what stands for it.")]
    adapter: str
    input: InputRecord
    classes: Annotated[int, Meta(ge=2)]
    class_names: list[str] | None
    scores: ScoreKind
    capabilities: list[str]
    details: Annotated[dict[str, Any], says("Facts that the adapter gives.")]
    source: Annotated[
        str | UnsetType | None,
        says(
            "Its file, relative to the folder that the command ran in, with / between folders; "
            "null where it is none below that folder."
        ),
    ] = UNSET

    def name_of(self, class_index: int) -> str:
        """Give the name of a class, or its number where it has none."""
        return self.class_names[class_index] if self.class_names else str(class_index)


class PreprocessingStep(RecordStruct, frozen=True, kw_only=True):
    """What is done to pixels before the model sees them."""

    name: str
    mean: Annotated[
        list[float],
        Meta(
            min_length=1,
            description="In 0..1 units, one or one a channel, in the model's order.",
        ),
    ]
    std: Annotated[list[Positive], Meta(min_length=1)]
    layout: Layout
    channels: Channels
    exchanged: Annotated[
        bool | UnsetType, says("Whether rows stand where columns were in the data.")
    ] = UNSET
    inverted: Annotated[
        bool | UnsetType, says("Whether black and white are exchanged, before mean and std.")
    ] = UNSET


class CandidateRecord(PreprocessingStep, frozen=True, kw_only=True):
    """A preprocessing that was tried, and how the model did with it."""

    accuracy: Share
    cross_entropy: float
    not_numbers: Annotated[
        Count | UnsetType, says("Images whose scores were NaN; they count as wrong.")
    ] = UNSET


class DeclarationRecord(RecordStruct, frozen=True, kw_only=True):
    """What the files of the model say of its preprocessing, as far as they say it."""

    source: Annotated[str, says("Where it is said.")]
    mean: list[float] | None
    std: list[float] | None
    input_range: Annotated[list[float] | None, says("The numbers that stand for black and white.")]
    channels: Literal["rgb", "bgr"] | None


class ClassOrderRecord(RecordStruct, frozen=True, kw_only=True):
    """An order of the model's outputs that makes it right, other than that of the labels."""

    class_of_output: Annotated[
        list[Count | None], says("Which class each output seems to be; null where none is seen.")
    ]
    accuracy: Annotated[Share, says("As labelled, on images that the order was not found on.")]
    accuracy_in_order: Share
    samples: AtLeastOne


class LeadRecord(RecordStruct, frozen=True, kw_only=True):
    """By how much the best preprocessing leads the next one."""

    accuracy: float
    cross_entropy: float


class PreprocessingRecord(PreprocessingStep, frozen=True, kw_only=True):
    """The preprocessing that was used, and how it was come by."""

    how: How
    clear: Annotated[bool, says("Whether the winner leads the runner-up by more than chance.")]
    lead: Annotated[LeadRecord | None, says("By how much the winner leads the runner-up.")]
    tried_on: Annotated[Count, says("Labelled images tried on.")]
    candidates: Annotated[
        list[CandidateRecord],
        says("Those tried on all of these images, best first; more were tried on a few of them."),
    ]
    tried: Annotated[Count | UnsetType, says("How many were tried.")] = UNSET
    declared: DeclarationRecord | UnsetType | None = UNSET
    class_order: ClassOrderRecord | UnsetType | None = UNSET


class DataRecord(RecordStruct, frozen=True, kw_only=True):
    """The images."""

    source: str
    split: str | None
    sha256: str
    synthetic: Annotated[bool, says("Whether the images were made for the model.")]
    samples: Annotated[AtLeastOne, says("Images in the split.")]
    labelled: bool
    class_counts: Annotated[
        list[Count] | None, says("Images of each class by label; null without labels.")
    ]
    image_shape: list[AtLeastOne]
    pixel_range: Annotated[
        list[float],
        Meta(
            min_length=2,
            max_length=2,
            description="The numbers in the data that stand for black and white.",
        ),
    ]
    preprocessing: PreprocessingRecord
    reference: Annotated[
        Reference,
        says("The class that a ray must leave: the sample's label, or the prediction."),
    ]
