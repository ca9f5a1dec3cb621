"""The headline figures of an audit."""

from robaudit.metrics.figures import (
    ACCURACY,
    CROSSING_RATE,
    GINI,
    MEAN_MARGIN,
    WORST_CLASS,
    Figure,
)
from robaudit.metrics.inequality import Inequality
from robaudit.metrics.margins import Margins
from robaudit.types import Estimate


def headline_estimates(
    accuracy: Estimate, margins: Margins, inequality: Inequality
) -> dict[Figure, Estimate]:
    """Give the headline figures of a model, of ``accuracy`` on unchanged images first.

    R is none of them: it depends on how much was searched.
    """
    return {
        ACCURACY: accuracy,
        MEAN_MARGIN: margins.restricted_mean,
        CROSSING_RATE: margins.crossing_rate,
        WORST_CLASS: inequality.worst_class_margin,
        GINI: inequality.gini,
    }
