"""The rows of a comparison: one figure before and after, and the difference."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from robaudit.metrics.figures import (
    ACCURACY,
    CLASS_ROBUSTNESS,
    CORRUPTION_ERROR,
    CROSSING_RATE,
    MEAN_MARGIN,
    MODEL_ROBUSTNESS,
    OF_RIGHT,
    ROBUST_ACCURACY,
    Figure,
)
from robaudit.record.schema.comparison import DifferenceRecord
from robaudit.record.schema.numbers import given
from robaudit.stats.paired import Difference, holm

BOOTSTRAP = "paired bootstrap over samples"
JACKKNIFE = "paired jackknife over samples and directions"
MEANS = "paired cells of samples and directions; Student's t"
PAIRED = "paired samples; Student's t"
MCNEMAR = "exact McNemar test; Newcombe's interval"

ERROR = 0.05
"""How often chance alone may pass for a change."""


@dataclass(frozen=True)
class Subject:
    """What a figure is of: a class, an attack of the record before, or with neither the model."""

    class_index: int | None = None
    attack: int | None = None
    attack_name: str | None = None


def row(
    figure: Figure,
    subject: Subject,
    before: float | None,
    after: float | None,
    difference: Difference | None,
    missing: str | None = None,
) -> DifferenceRecord:
    """Write down a figure before and after; ``missing`` says why there is no difference."""
    counted, of_cells = (ACCURACY, ROBUST_ACCURACY), (MEAN_MARGIN, CROSSING_RATE)
    method = BOOTSTRAP
    if figure in counted:
        method = MCNEMAR
    elif figure in (*of_cells, *(OF_RIGHT[one] for one in of_cells)):
        method = MEANS
    elif figure == CORRUPTION_ERROR:
        method = PAIRED
    elif figure in (MODEL_ROBUSTNESS, CLASS_ROBUSTNESS):
        method = JACKKNIFE
    return DifferenceRecord(
        name=figure.name,
        title=figure.title,
        class_index=subject.class_index,
        attack=subject.attack,
        attack_name=subject.attack_name,
        unit=figure.unit,
        better=figure.better,
        before=before,
        after=after,
        difference=None if difference is None else difference.value,
        low=None if difference is None else difference.low,
        high=None if difference is None else difference.high,
        p_value=None if difference is None else difference.p_value,
        method=method,
        missing=missing,
    )


def with_adjusted(rows: Sequence[DifferenceRecord]) -> list[DifferenceRecord]:
    """Add to each row its p-value adjusted for how many there are in all.

    Rows of the model, of attacks and of classes are families: each may spend an equal part
    of the error, by Holm's method, so that many classes do not hide what the model did.
    """
    families: dict[tuple[bool, bool], list[int]] = {}
    for i, row in enumerate(rows):
        if row.p_value is not None:
            kind = row.class_index is not None, row.attack is not None
            families.setdefault(kind, []).append(i)
    adjusted: dict[int, float] = {}
    for places in families.values():
        within = holm([rows[i].p_value or 0.0 for i in places])
        adjusted |= {i: min(1.0, len(families) * p) for i, p in zip(places, within, strict=True)}
    return [replace(row, p_adjusted=adjusted.get(i)) for i, row in enumerate(rows)]


def beyond_chance(row: DifferenceRecord) -> Literal["better", "worse"] | None:
    """Tell which way a figure went by more than chance: its interval leaves out 0.

    So must the p-value say that allows for all that were compared: of two models that are
    alike nothing at all is said to differ in 95 % of comparisons.
    """
    rose = row.low is not None and row.low > 0
    fell = row.high is not None and row.high < 0
    adjusted = given(row.p_adjusted, row.p_value)
    if not (rose or fell) or adjusted is None or adjusted >= ERROR:
        return None
    return "better" if rose == (row.better == "higher") else "worse"
