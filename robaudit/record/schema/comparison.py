"""The record of a comparison: two audits, and what changed from one to the other."""

from typing import Annotated, Literal

from msgspec import UNSET, UnsetType, field

from robaudit.metrics.figures import Better, Unit
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.hardening import HardeningRecord
from robaudit.record.schema.numbers import (
    Count,
    Distance,
    Files,
    RecordStruct,
    Share,
    Version,
    says,
)
from robaudit.record.schema.verdict import GateRecord, VerdictRecord


class DifferenceRecord(RecordStruct, frozen=True, kw_only=True):
    """A figure before and after, and the difference."""

    name: Annotated[str, says("For machines: restricted-mean-margin.")]
    title: Annotated[str, says("For people.")]
    class_index: Annotated[Count | None, says("The class that it is of; null for the whole.")] = (
        field(name="class")
    )
    attack: Annotated[Count | None, says("Place in before.attacks; null without an attack.")]
    attack_name: str | None
    unit: Annotated[
        Unit,
        says(
            "What the figure is: a distance (RMS), a share, a sum of margins, a ratio of margins, "
            "a Gini coefficient."
        ),
    ]
    better: Annotated[Better | None, says("Which way is better; null where neither is.")]
    before: float | None
    after: float | None
    difference: float | None
    low: float | None
    high: float | None
    p_value: Annotated[Share | None, says("Two-sided.")]
    method: Annotated[str, says("Where the interval and the p-value come from.")]
    missing: Annotated[str | None, says("Why there is no number; null where there is.")]
    samples: Annotated[
        Count | UnsetType,
        says("How many samples it is over, those right at the start on both, where not all are."),
    ] = UNSET
    p_adjusted: Annotated[
        Share | UnsetType | None, says("Allowing for how many figures are compared at once.")
    ] = UNSET


class CenterRecord(RecordStruct, frozen=True, kw_only=True):
    """A class centre, on both models."""

    row: Annotated[Count, says("Row in the data.")]
    before: Annotated[Distance | None, says("Its mean margin on the model before.")]
    after: Annotated[Distance | None, says("Its mean margin on the model after.")]


class ClassCentersRecord(RecordStruct, frozen=True, kw_only=True):
    """The samples with the largest mean margin of their class, on either model (Table II)."""

    class_index: Count = field(name="class")
    name: str
    center_of_before: CenterRecord
    center_of_after: CenterRecord


class ComparisonRecord(RecordStruct, frozen=True, kw_only=True):
    """Two audits of the same samples along the same directions, and what changed.

    Differences are after minus before; intervals are 95 %.
    """

    schema_version: Version
    kind: Literal["comparison"]
    judgement: Annotated[
        VerdictRecord | UnsetType | None,
        says("What gates, and what became worse, come to; null where neither was asked for."),
    ] = UNSET
    before: Annotated[AuditRecord, says("The audit record of the model before.")]
    after: Annotated[AuditRecord, says("The audit record of the model after.")]
    differences: Annotated[
        list[DifferenceRecord],
        says("Figures of the whole first, then those of each class, then those of attacks."),
    ]
    class_centers: list[ClassCentersRecord]
    verdict: Annotated[list[str], says("What changed, in sentences.")]
    gates: Annotated[
        list[GateRecord] | UnsetType, says("How the audit after did, held against the one before.")
    ] = UNSET
    hardening: Annotated[
        HardeningRecord | None,
        says("How the model after was made of the model before; null where robaudit did not."),
    ]
    warnings: Annotated[
        list[str], says("What to know before trusting the comparison, gravest first.")
    ]
    files: Files | UnsetType = UNSET
