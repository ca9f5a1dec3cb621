"""The rows of a comparison: one figure before and after, and the difference."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from robaudit.metrics.figures import ACCURACY, ROBUST_ACCURACY, Figure
from robaudit.record.schema.comparison import DifferenceRecord
from robaudit.stats.paired import Difference, holm

BOOTSTRAP = "paired bootstrap over samples"
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
    counted = figure in (ACCURACY, ROBUST_ACCURACY)
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
        method=MCNEMAR if counted else BOOTSTRAP,
        missing=missing,
    )


def with_adjusted(rows: Sequence[DifferenceRecord]) -> list[DifferenceRecord]:
    """Add to each row its p-value adjusted for how many there are in all (Holm)."""
    p_values = {i: row.p_value for i, row in enumerate(rows) if row.p_value is not None}
    adjusted = dict(zip(p_values, holm(list(p_values.values())), strict=True))
    return [replace(row, p_adjusted=adjusted.get(i)) for i, row in enumerate(rows)]


def beyond_chance(row: DifferenceRecord) -> Literal["better", "worse"] | None:
    """Tell which way a figure went by more than chance: its interval leaves out 0.

    So must the p-value say: the exact test of shares is slower to than their interval.
    """
    rose = row.low is not None and row.low > 0
    fell = row.high is not None and row.high < 0
    if not (rose or fell) or row.p_value is None or row.p_value >= ERROR:
        return None
    return "better" if rose == (row.better == "higher") else "worse"
