"""Gates, and the verdict that all of an audit or a comparison folds into."""

from typing import Annotated, Literal

from msgspec import UNSET, UnsetType, field

from robaudit.metrics.gates import Bound, Level, OnInconclusive
from robaudit.record.schema.numbers import (
    AtLeastOne,
    Count,
    Digest,
    Distance,
    RecordStruct,
    Share,
    given,
    says,
)

Outcome = Literal["pass", "fail", "inconclusive"]
Severity = Literal["fail", "inconclusive", "warning", "note"]

_AT_INCONCLUSIVE: dict[str | None, Severity] = {
    None: "inconclusive", "fail": "fail", "warn": "warning", "pass": "note",
}  # fmt: skip


class ToDecideRecord(RecordStruct, frozen=True, kw_only=True):
    """What it would take to decide a gate, were its figure what it seems to be."""

    samples: Annotated[
        Count | None,
        says("So many decide it 4 times in 5; null: no number does, as far as can be told."),
    ]
    there: Annotated[Count, says("How many the data have.")]
    rays: Annotated[Count | None, says("Null where nothing more is to be searched.")]
    forward_evaluations: Annotated[Count | None, says("At those that this search took a sample.")]
    seconds: Annotated[Distance | None, says("At the speed of this search.")]


class SourceRecord(RecordStruct, frozen=True, kw_only=True):
    """Where something was written down."""

    file: Annotated[str, says("Relative to the folder that the command ran in.")]
    line: AtLeastOne


class SuppressionRecord(RecordStruct, frozen=True, kw_only=True):
    """What lets a gate be, until a day."""

    gate: Annotated[str | None, says("The gate's name, or its metric; null: any gate.")]
    class_name: Annotated[str | None, says("Null: any class.")] = field(name="class")
    model: Annotated[str | None, says("Pattern of the model's name; null: any model.")]
    until: Annotated[str, says("The last day, YYYY-MM-DD.")]
    reason: str
    expired: bool
    used: Annotated[bool, says("Whether a gate was not passed that it is on.")]
    source: SourceRecord | None = None


class GateRecord(RecordStruct, frozen=True, kw_only=True):
    """How the record did at a gate.

    A threshold itself is good enough. A gate fails when the whole interval is worse than
    the threshold, and is inconclusive when the interval straddles it or there is none. Where the
    search went on until gates were decided, the interval is that of the error of one look. Of
    a gate on a drop, ``value`` and its interval are how much worse than the baseline it is:
    one whose interval straddles the threshold is passed, since nothing is worse beyond chance.
    """

    metric: str
    threshold: float
    better: Literal["higher", "lower"]
    value: float | None
    low: float | None
    high: float | None
    outcome: Literal["passed", "failed", "inconclusive"]
    reason: Annotated[
        str | UnsetType | None, says("Why there is no interval, where there is none.")
    ] = UNSET
    error: Annotated[Share | UnsetType, says("The chance that the interval misses.")] = UNSET
    looks: Annotated[
        AtLeastOne | UnsetType | None,
        says(
            "At how many numbers of samples it may have been looked at, which share an error of "
            "0.05; null where it was not searched until it was decided."
        ),
    ] = UNSET
    to_decide: Annotated[
        ToDecideRecord | UnsetType | None,
        says("What would decide it; null where it is decided, or that cannot be told."),
    ] = UNSET
    name: Annotated[
        str | UnsetType, says("The same whatever its threshold: metric/attack/class/bound.")
    ] = UNSET
    bound: Annotated[Bound | UnsetType, says("How it is written down.")] = UNSET
    attack: Annotated[
        str | UnsetType | None, says("The attack by its name; null for the strongest, or none.")
    ] = UNSET
    class_index: Annotated[
        Count | UnsetType | None, says("Null for the whole model, and for the worst class.")
    ] = field(name="class", default=UNSET)
    of_class: Annotated[
        str | UnsetType | None, says("As it is written down: a class's name, worst, or null.")
    ] = UNSET
    level: Level | UnsetType = UNSET
    on_inconclusive: Annotated[
        OnInconclusive | UnsetType | None, says("Null: it is reported as inconclusive.")
    ] = UNSET
    sentence: Annotated[str | UnsetType, says("What was found, in terms of the model.")] = UNSET
    source: SourceRecord | UnsetType | None = UNSET
    suppressed: Annotated[
        SuppressionRecord | UnsetType | None, says("What lets it be, where something does.")
    ] = UNSET
    state: Annotated[
        Literal["new", "unchanged", "better", "worse", "absent"] | UnsetType | None,
        says(
            "Against the baseline: better and worse are beyond chance, absent is one that only "
            "the baseline had; null without a baseline."
        ),
    ] = UNSET
    before: Annotated[
        float | UnsetType | None, says("The figure of the baseline; null where there is none.")
    ] = UNSET
    given_up: Annotated[
        float | UnsetType | None,
        says(
            "How much of max-drop was given up when baselines were replaced, up to the one that "
            "stands; null for another gate."
        ),
    ] = UNSET

    @property
    def severity(self) -> Severity | None:
        """What it does to the verdict: ``None`` where it was passed; one that is let be, a note."""
        unsuppressed = self.severity_unsuppressed
        suppressed = given(self.suppressed, None) is not None
        return "note" if unsuppressed and suppressed else unsuppressed

    @property
    def severity_unsuppressed(self) -> Severity | None:
        """What it would do to the verdict if nothing let it be."""
        if self.outcome == "passed":
            return None
        severity: Severity = "fail"
        if self.outcome == "inconclusive":
            severity = _AT_INCONCLUSIVE[given(self.on_inconclusive, None)]
        warns = given(self.level, "error") == "warning" and severity != "note"
        return "warning" if warns else severity


class ReasonRecord(RecordStruct, frozen=True, kw_only=True):
    """Why a verdict is what it is."""

    severity: Severity
    sentence: str
    gate: Annotated[str | None, says("The gate's name; null where no gate says it.")] = None


class BaselineRecord(RecordStruct, frozen=True, kw_only=True):
    """What an audit was held against."""

    file: str
    model: str
    sha256: Annotated[Digest | None, says("Of the baseline's model; null for one of no file.")]
    created: str
    comparable: bool
    missing: Annotated[str | None, says("Why it cannot be compared; null where it can.")]
    updated: Annotated[bool | None, says("Whether it was replaced; null where not asked for.")]
    why: Annotated[str | None, says("Why it was replaced, or not.")]


class VerdictRecord(RecordStruct, frozen=True, kw_only=True):
    """What gates, baseline, suppressions and conditions come to, all of them together."""

    outcome: Annotated[Outcome | None, says("Null where there are no gates.")]
    sentence: Annotated[str, says("The first line of every report.")]
    reasons: Annotated[list[ReasonRecord], says("Worst first.")]
    facts: Annotated[list[str], says("What stands out of the audit, worst first, gates or not.")]
    conditions: Annotated[
        list[str], says("What the figures hold under: made-up inputs, attacks that did not run.")
    ]
    suppressions: list[SuppressionRecord] = field(default_factory=list)
    baseline: BaselineRecord | None = None
