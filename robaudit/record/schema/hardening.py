"""The part of a comparison that says how the hardened model came to be."""

from typing import Annotated, Any

from msgspec import UNSET, UnsetType, field

from robaudit.hardening.plan import Method
from robaudit.metrics.figures import Better, Unit
from robaudit.metrics.levels import Level
from robaudit.record.schema.numbers import AtLeastOne, Count, Distance, RecordStruct, Share, says
from robaudit.record.schema.search import CheckRecord


class KeptRecord(RecordStruct, frozen=True, kw_only=True):
    """The epoch that was kept."""

    round: Annotated[AtLeastOne, says("From 1.")]
    epoch: Annotated[AtLeastOne, says("Of the round, from 1.")]


class KeptOfSeedRecord(RecordStruct, frozen=True, kw_only=True):
    """The epoch that was kept, and the seed of its run."""

    seed: Count
    round: Annotated[AtLeastOne, says("From 1.")]
    epoch: Annotated[AtLeastOne, says("Of the round, from 1.")]


class JudgementRecord(RecordStruct, frozen=True, kw_only=True):
    """How a model did on validation data."""

    accuracy: Share | None
    restricted_mean: Distance | None


class ClassLossRecord(RecordStruct, frozen=True, kw_only=True):
    """What one class lost on validation data."""

    class_index: Count = field(name="class")
    name: str
    samples: AtLeastOne
    before: Annotated[Share, says("Its accuracy on the original.")]
    after: Share
    low: Annotated[
        float | None, says("Of the 95% interval of before less after, of this class alone.")
    ]
    high: float | None
    too_large: Annotated[
        bool, says("Whether more than allowed is shown to be lost, among all classes (Holm).")
    ]


Worst = Annotated[
    ClassLossRecord | UnsetType | None,
    says("The class that lost most; null where classes are not known."),
]


class EpochRecord(RecordStruct, frozen=True, kw_only=True):
    """How the model did on validation data after an epoch."""

    epoch: AtLeastOne
    accuracy: Share | None
    restricted_mean: Distance | None
    within: Annotated[
        bool,
        says("Whether it loses no more accuracy than allowed, and no class is shown to do so."),
    ]
    worst_class: Worst = UNSET


class SelectionRecord(RecordStruct, frozen=True, kw_only=True):
    """What was chosen of one class to make examples of."""

    class_index: Count = field(name="class")
    name: str
    level: Level | None
    robustness: Annotated[
        Distance | None, says("R_i on training data; null where it has no number.")
    ]
    searched: Count
    chosen: Annotated[Count, says("Samples that examples were made of.")]
    examples: Count


class RoundRecord(RecordStruct, frozen=True, kw_only=True):
    """One round of search and training."""

    searched: Annotated[Count, says("Training samples searched.")]
    rays: Count
    crossed: Count
    search: Annotated[
        CheckRecord | UnsetType | None,
        says("How the training samples were searched; null where they were not."),
    ] = UNSET
    examples: Annotated[Count, says("Boundary-crossing examples trained on.")]
    without_examples: Annotated[
        Count | UnsetType,
        says(
            "Training samples of classes without examples, which stay clean in mixed batches "
            "where others give their place to one."
        ),
    ] = UNSET
    seconds: dict[str, Distance]
    classes: list[SelectionRecord]
    epochs: list[EpochRecord]


class StandingRecord(RecordStruct, frozen=True, kw_only=True):
    """How a point of the line does on one half of the validation data."""

    accuracy: Share
    restricted_mean: Annotated[
        Distance | None,
        says("Null, as the two that follow, of what lost too much on the half that confirms."),
    ]
    attacked: Annotated[
        Share | None,
        says(
            "Accuracy under the adversary, or under three steps of PGD where it takes fewer, the "
            "mean within a quarter, a half, three quarters and all of its budget; null of a model "
            "without gradients."
        ),
    ]
    robustness: Annotated[
        Share | None,
        says("The mean of the restricted mean as a share of the reach, and of attacked."),
    ]
    within: Annotated[
        bool,
        says("Whether it loses no more accuracy than allowed, and no class is shown to do so."),
    ]
    worst_class: Worst = UNSET


class PointRecord(RecordStruct, frozen=True, kw_only=True):
    """A point of the line of weights from the original to what was trained."""

    share: Annotated[Share, says("Of what was trained: 0 is the original, 1 the last epoch.")]
    budget: Annotated[
        Distance | UnsetType,
        says("Of the adversary in the training that the point's line leads to, where it has one."),
    ] = UNSET
    choosing: Annotated[StandingRecord, says("On the half that the point is chosen by.")]
    confirming: Annotated[
        StandingRecord | None,
        says("On the other half, classes on both; null where the point was not tried there."),
    ]


class GainRecord(RecordStruct, frozen=True, kw_only=True):
    """A difference with its 95% interval; no bounds where they are not known."""

    value: float | None
    low: float | None
    high: float | None


class LineRecord(RecordStruct, frozen=True, kw_only=True):
    """The line of weights, or lines to what was trained within budgets, and what was kept."""

    kept: Annotated[Share, says("Its share of what was trained; 0 where the original was kept.")]
    budget: Annotated[
        Distance | UnsetType,
        says("Of the adversary in the training whose line it is of, as of points."),
    ] = UNSET
    why: Annotated[str, says("Why this point, or the original.")]
    gain: Annotated[
        GainRecord | UnsetType | None,
        says(
            "Robustness of the point that the other half was asked about less the original's, on "
            "that half; null where it was asked about none."
        ),
    ] = UNSET
    points: list[PointRecord]


class RunRecord(RecordStruct, frozen=True, kw_only=True):
    """One run of the whole from one seed."""

    seed: Count
    kept: Annotated[
        KeptRecord | None,
        says("The best epoch of this seed; null where none was good enough."),
    ]
    original: Annotated[JudgementRecord, says("The model before, on validation data.")]
    rounds: Annotated[
        list[RoundRecord],
        says("Of the training that was kept, where there were several; of the first, if none was."),
    ]
    line: Annotated[
        LineRecord | UnsetType,
        says("The line from the original to what was trained, where it was walked."),
    ] = UNSET
    budget: Annotated[
        Distance | UnsetType,
        says("Of the adversary that batches were attacked by in these rounds."),
    ] = UNSET


class SpreadRecord(RecordStruct, frozen=True, kw_only=True):
    """One figure of each seed's model on test data."""

    name: str
    title: str
    unit: Unit
    better: Better | None
    before: float | None
    values: Annotated[list[float | None], says("One a seed, in the order of the runs.")]
    mean: float | None
    lowest: float | None
    highest: float | None
    standard_deviation: Distance | None


class HardeningDataRecord(RecordStruct, frozen=True, kw_only=True):
    """What was trained on, judged on and tested on."""

    source: Annotated[str, says("Training data, and where there is no other, validation data.")]
    sha256: str
    train: Annotated[Count, says("Samples trained on.")]
    validation: Annotated[Count, says("Samples that what is kept is chosen by.")]
    validation_source: Annotated[
        str | UnsetType | None,
        says(
            "Their data; null where they were held out of the training data, which the original "
            "may have been trained on."
        ),
    ] = UNSET
    test: Annotated[Count | UnsetType, says("Samples of both audits' data.")] = UNSET
    test_source: Annotated[str, says("The data of both audits.")]


class HardeningRecord(RecordStruct, frozen=True, kw_only=True):
    """How a model was made of another by training."""

    method: Method
    plan: Annotated[dict[str, Any], says("Every constant of the method, by name.")]
    command: Annotated[str, says("What to type to do it again.")]
    outcome: Annotated[
        str, says("Which epoch was kept, or that the original is given back, and why.")
    ]
    kept: Annotated[
        KeptOfSeedRecord | None,
        says("The epoch that was kept; null where the original is given back."),
    ]
    data: HardeningDataRecord
    runs: Annotated[list[RunRecord], says("One a seed.")]
    spread: Annotated[
        list[SpreadRecord],
        says("Figures of each seed's model on test data; empty with one seed."),
    ]
    files: Annotated[dict[str, str | None], says("Names of the files written, by what they hold.")]
