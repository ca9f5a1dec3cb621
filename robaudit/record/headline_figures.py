"""Where the headline figures stand in a record."""

from robaudit.metrics.figures import (
    ACCURACY,
    CROSSING_RATE,
    GINI,
    MEAN_MARGIN,
    MODEL_ROBUSTNESS,
    WORST_CLASS,
    Figure,
)
from robaudit.record.schema.audit import AuditRecord
from robaudit.types import Estimate


def headlines(record: AuditRecord) -> dict[Figure, Estimate]:
    """Give the headline figures of a record, as `headline_estimates` gives those of an audit.

    Of a model that answers differently each time they are those over all draws.
    """
    margins, inequality = record.margins, record.inequality
    mean, intervals = margins.restricted_mean, inequality.intervals
    figures = {
        ACCURACY: record.clean.accuracy,
        MEAN_MARGIN: Estimate(mean.value, mean.low, mean.high),
        CROSSING_RATE: margins.crossing_rate,
        WORST_CLASS: inequality.worst_class_margin,
        MODEL_ROBUSTNESS: Estimate(inequality.model_robustness, *intervals.model_robustness),
        GINI: Estimate(inequality.gini, *intervals.gini),
    }
    drawn = record.randomised.figures if record.randomised else []
    over_draws = {figure.name: figure.estimate for figure in drawn}
    return {figure: over_draws.get(figure.name, figures[figure]) for figure in figures}
