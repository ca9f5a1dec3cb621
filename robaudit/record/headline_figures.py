"""Where the headline figures stand in a record."""

from msgspec import UNSET

from robaudit.metrics.figures import (
    ACCURACY,
    CLOSEST,
    CORRUPTION_ERROR,
    CROSSING_RATE,
    DETECTION,
    GINI,
    MEAN_MARGIN,
    OF_RIGHT,
    WORST_CLASS,
    Figure,
)
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import Interval, MarginEstimate, ShareEstimate, given
from robaudit.types import Estimate


def headlines(record: AuditRecord) -> dict[Figure, Estimate]:
    """Give the headline figures of a record, as `headline_estimates` gives those of an audit.

    Of a model that answers differently each time they are those over all draws.
    """
    margins, inequality = record.margins, record.inequality
    intervals = inequality.intervals
    figures = {
        ACCURACY: record.clean.accuracy,
        MEAN_MARGIN: _of_margin(margins.restricted_mean),
        CROSSING_RATE: margins.crossing_rate,
        WORST_CLASS: inequality.worst_class_margin,
        GINI: _estimate(inequality.gini, intervals.gini, given(intervals.missing, {}).get("gini")),
    }
    over_draws = _over_draws(record)
    return {figure: over_draws.get(figure.name, figures[figure]) for figure in figures}


def headlines_right_at_start(record: AuditRecord) -> dict[Figure, Estimate]:
    """Give figures of `headlines` over the samples that are right at the start.

    They are none in records that are older, and have no number where no sample is right.
    """
    margins = given(record.margins.right_at_start, None)
    inequality = given(record.inequality.right_at_start, None)
    if margins is None or inequality is None:
        return {}
    intervals = inequality.intervals
    figures = {
        MEAN_MARGIN: _of_margin(margins.restricted_mean),
        CROSSING_RATE: margins.crossing_rate,
        WORST_CLASS: inequality.worst_class_margin,
        GINI: _estimate(inequality.gini, intervals.gini, given(intervals.missing, {}).get("gini")),
    }
    over_draws = _over_draws(record)
    return {figure: over_draws.get(OF_RIGHT[figure].name, figures[figure]) for figure in figures}


def headlines_beside(record: AuditRecord) -> dict[Figure, Estimate]:
    """Give those of `BESIDE` that were measured."""
    closest = given(record.closest, None)
    distance = UNSET if closest is None else closest.distance
    measures = given(record.measures, None)
    found = {} if distance is UNSET else {CLOSEST: distance}
    if measures is not None and measures.corruptions is not None:
        found[CORRUPTION_ERROR] = _of_share(measures.corruptions.mean)
    if measures is not None and measures.detection is not None:
        found[DETECTION] = _of_share(measures.detection.least)
    return found


def _of_share(share: ShareEstimate) -> Estimate:
    return Estimate(share.value, share.low, share.high)


def _over_draws(record: AuditRecord) -> dict[str, Estimate]:
    drawn = record.randomised.figures if record.randomised else []
    return {figure.name: figure.estimate for figure in drawn}


def _of_margin(margin: MarginEstimate) -> Estimate:
    return Estimate(margin.value, margin.low, margin.high, reason=margin.reason)


def _estimate(value: float | None, interval: Interval, reason: str | None) -> Estimate:
    low, high = interval
    return Estimate(value, low, high, reason=reason)
