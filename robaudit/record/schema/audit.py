"""The record of an audit: everything one scan found out."""

from typing import Annotated, Literal

from msgspec import UNSET, UnsetType, field

from robaudit.record.schema.attacks import (
    AdversarialRecord,
    AttackPlanRecord,
    AttackRecord,
    ClosestRecord,
    CurveRecord,
    FlagRecord,
    QueryCurveRecord,
)
from robaudit.record.schema.inputs import DataRecord, ModelRecord
from robaudit.record.schema.margins import InequalityRecord, MarginsRecord
from robaudit.record.schema.measures import MeasuresRecord
from robaudit.record.schema.numbers import (
    AtLeastOne,
    Count,
    Distance,
    Files,
    Picture,
    Positive,
    RecordStruct,
    Share,
    Version,
    given,
    says,
)
from robaudit.record.schema.partial import PartialRecord
from robaudit.record.schema.randomised import RandomisedRecord
from robaudit.record.schema.search import SearchRecord
from robaudit.record.schema.verdict import GateRecord, VerdictRecord
from robaudit.search.plan import Strategy
from robaudit.types import Estimate


class PrecisionRecord(RecordStruct, frozen=True, kw_only=True):
    """How precisely a figure was to be known."""

    half_width: Annotated[Positive, says("Half of high less low of its 95 % interval.")]
    figure: str


class PlanRecord(RecordStruct, frozen=True, kw_only=True):
    """What was searched, and how."""

    samples: AtLeastOne
    directions: Annotated[AtLeastOne, says("How many were drawn.")]
    own_directions: Annotated[
        AtLeastOne | UnsetType | None,
        says(
            "How many of them each sample is searched along, in turn by its place among the "
            "samples; null: along all."
        ),
    ] = UNSET
    signs: Annotated[Literal[1, 2], says("2: each direction is walked both ways; 1: forwards.")]
    step: Positive
    steps: AtLeastOne
    clip: Annotated[bool, says("Whether points are clipped to the pixel range.")]
    strategy: Annotated[
        Strategy,
        says(
            "The search asked for: linear probes every step, traced leaves out those that "
            "cannot matter."
        ),
    ]
    seed: Count
    tolerance: Annotated[
        Share | UnsetType | None,
        says(
            "Share of rays that the traced search may get wrong; null: as many as the means of "
            "so many samples would not notice."
        ),
    ] = UNSET
    refine: Annotated[
        Positive | UnsetType | None,
        says(
            "How precisely crossings are found between steps (RMS); null: the step beyond is taken."
        ),
    ] = UNSET
    precision: Annotated[
        PrecisionRecord | UnsetType | None,
        says("What the number of samples was chosen for; null: it was given."),
    ] = UNSET
    reach: Annotated[Positive, says("step times steps.")]
    direction_blocks: Annotated[
        list[Count],
        says("Sizes of the blocks that directions were drawn in, orthogonal within each."),
    ]


class CleanRecord(RecordStruct, frozen=True, kw_only=True):
    """Accuracy on unchanged images."""

    accuracy: Estimate
    per_class: list[Estimate]


class ClassCenterRecord(RecordStruct, frozen=True, kw_only=True):
    """The sample of a class with the largest mean margin (Table II)."""

    class_index: Count = field(name="class")
    row: Annotated[Count, says("Row in the data.")]
    mean_margin: Distance
    picture: Picture


class CrossingRecord(RecordStruct, frozen=True, kw_only=True):
    """One sample and the first point in another class along one ray."""

    origin: Count
    adjacent: Count
    row: Annotated[Count, says("Row in the data.")]
    direction: Count
    sign: Literal[1, -1]
    distance: Positive
    realised: Distance
    sample: Picture
    example: Picture


class EnvironmentRecord(RecordStruct, frozen=True, kw_only=True):
    """What depends on the machine and the hour."""

    created: str
    python: str
    platform: str
    packages: dict[str, str]
    batch_size: AtLeastOne
    seconds: Annotated[dict[str, float], says("Of each stage: of the search, of all attacks.")]
    attack_seconds: Annotated[
        list[Distance] | UnsetType, says("Of each attack, in the order of `attacks`.")
    ] = UNSET
    command: Annotated[
        str | UnsetType | None,
        says("What was typed to make the audit, which repeats it; null where nothing was."),
    ] = UNSET


class AuditRecord(RecordStruct, frozen=True, kw_only=True):
    """Everything one `robaudit scan` found out.

    Distances are RMS: the 2-norm over the square root of the dimension, as a share of the
    pixel range. Intervals are 95 %.
    """

    schema_version: Version
    verdict: Annotated[
        VerdictRecord | UnsetType | None,
        says("What all of it comes to; null where nobody judged it."),
    ] = UNSET
    partial: Annotated[
        PartialRecord | UnsetType | None,
        says("How far it came where it was stopped; null where it is whole."),
    ] = UNSET
    model: ModelRecord
    data: DataRecord
    plan: PlanRecord
    clean: CleanRecord
    search: SearchRecord
    margins: MarginsRecord
    inequality: InequalityRecord
    class_centers: Annotated[
        list[ClassCenterRecord],
        says("Of each class searched, the sample with the largest mean margin (Table II)."),
    ]
    attacks: Annotated[
        list[AttackRecord], says("The attacks asked for, in order; empty without any.")
    ]
    attack_plan: Annotated[AttackPlanRecord | UnsetType | None, says("What all attacks share.")] = (
        UNSET
    )
    curves: Annotated[
        list[CurveRecord] | UnsetType, says("Robust accuracy against the strength of an attack.")
    ] = UNSET
    query_curves: Annotated[
        list[QueryCurveRecord] | UnsetType,
        says("Robust accuracy against the number of queries of an attack without gradients."),
    ] = UNSET
    trust: Annotated[
        list[FlagRecord] | UnsetType,
        says("Signs that attacks look weaker than they should, each checked or not."),
    ] = UNSET
    closest: Annotated[
        ClosestRecord | UnsetType | None,
        says(
            "The smallest distance found by any means beside the mean margin along random "
            "directions; null where nothing looked for it."
        ),
    ] = UNSET
    measures: Annotated[
        MeasuresRecord | UnsetType,
        says("What was measured beside attacks, where it was asked for."),
    ] = UNSET
    attack_gallery: Annotated[
        list[AdversarialRecord] | UnsetType,
        says("Samples, their adversarial examples and the change between them."),
    ] = UNSET
    gallery: Annotated[
        list[CrossingRecord], says("The nearest crossings of the worst classes, one a sample.")
    ]
    gates: list[GateRecord]
    warnings: Annotated[list[str], says("What to know before trusting the figures, gravest first.")]
    environment: EnvironmentRecord
    randomised: Annotated[
        RandomisedRecord | UnsetType | None,
        says("What several draws gave of a model that answers differently each time."),
    ] = UNSET
    files: Files | UnsetType = UNSET

    @property
    def seconds_of_search(self) -> float:
        """What the search took; older records say so elsewhere."""
        return self.environment.seconds.get("search", given(self.search.seconds, 0.0))
