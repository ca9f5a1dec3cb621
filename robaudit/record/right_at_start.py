"""The parts of an audit's record that are of samples right at the start."""

from robaudit.metrics.right_at_start import RightAtStart
from robaudit.record.schema.margins import (
    RightClassMarginRecord,
    RightInequalityIntervals,
    RightInequalityRecord,
    RightMarginsRecord,
)
from robaudit.record.schema.numbers import interval_of, margin_estimate, reasons_of
from robaudit.types import Estimate

_NOTHING = Estimate(None, None, None)


def right_margins(
    right: RightAtStart | None, classes: int, l2_per_unit: float
) -> RightMarginsRecord:
    """Write down margins, of the whole and of each class; nulls where no sample is right."""
    margins = right.margins if right else None
    found = {of_class.class_index: of_class for of_class in margins.per_class} if margins else {}
    per_class = []
    for class_index in range(classes):
        of_class = found.get(class_index)
        mean = of_class.restricted_mean if of_class else _NOTHING
        per_class.append(
            RightClassMarginRecord(
                class_index=class_index,
                samples=of_class.samples if of_class else 0,
                crossing_rate=of_class.crossing_rate if of_class else _NOTHING,
                restricted_mean=margin_estimate(mean, l2_per_unit),
            )
        )
    mean = margins.restricted_mean if margins else _NOTHING
    return RightMarginsRecord(
        samples=right.samples if right else 0,
        crossing_rate=margins.crossing_rate if margins else _NOTHING,
        restricted_mean=margin_estimate(mean, l2_per_unit),
        per_class=per_class,
    )


def right_inequality(right: RightAtStart | None) -> RightInequalityRecord:
    """Write down how far classes lie apart; nulls where no sample is right."""
    spread = right.spread if right else None
    gini, max_min = (spread.gini, spread.max_min) if spread else (_NOTHING, _NOTHING)
    return RightInequalityRecord(
        worst_class=spread.worst_class if spread else None,
        worst_alike=list(spread.alike) if spread else [],
        worst_class_margin=spread.worst_class_margin if spread else _NOTHING,
        gini=gini.value,
        max_min=max_min.value,
        p_value=right.p_value if right else None,
        intervals=RightInequalityIntervals(
            gini=interval_of(gini),
            max_min=interval_of(max_min),
            missing=reasons_of(gini=gini, max_min=max_min),
        ),
    )
