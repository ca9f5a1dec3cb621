"""Estimating one figure of a search alone, as often as a search that goes on asks for it."""

from robaudit.metrics.figures import (
    CROSSING_RATE,
    GINI,
    MAX_MIN,
    MEAN_MARGIN,
    OF_RIGHT,
    WORST_CLASS,
    Figure,
)
from robaudit.metrics.inequality import measure_spread
from robaudit.metrics.margins import measure_margins
from robaudit.metrics.tally import Tally
from robaudit.search.plan import SearchPlan
from robaudit.stats.cells import Cells
from robaudit.types import Estimate

_OF_ALL = {right: figure for figure, right in OF_RIGHT.items()}
MEANS = (MEAN_MARGIN, CROSSING_RATE)
"""Figures that are means over cells, whose plan follows from components of variance."""

SEARCHED = (*MEANS, WORST_CLASS, GINI, MAX_MIN, *_OF_ALL)
"""Figures of a search whose intervals shrink as samples are added."""

NONE_RIGHT = "no sample is in its reference class to begin with"


def estimate_figure(
    figure: Figure, tally: Tally, plan: SearchPlan, error: float = 0.05
) -> Estimate:
    """Estimate one of `SEARCHED`; its interval misses with a chance of ``error``."""
    figure, tally = counted(figure, tally)
    if not len(tally.origin):
        return Estimate(None, None, None, reason=NONE_RIGHT)
    margins = measure_margins(tally, plan, error)
    if figure == MEAN_MARGIN:
        return margins.restricted_mean
    if figure == CROSSING_RATE:
        return margins.crossing_rate
    spread = measure_spread(margins, plan, error)
    of_spread = {WORST_CLASS: spread.worst_class_margin, GINI: spread.gini, MAX_MIN: spread.max_min}
    return of_spread[figure]


def counted(figure: Figure, tally: Tally) -> tuple[Figure, Tally]:
    """Give the samples that a figure counts, and what it is called of all samples."""
    return (_OF_ALL[figure], tally.right_at_start()) if figure in _OF_ALL else (figure, tally)


def cells_and_unit(figure: Figure, tally: Tally, plan: SearchPlan) -> tuple[Cells, float]:
    """Give the cells of one of `MEANS`, and how much of the figure a cell of 1 is."""
    if figure == MEAN_MARGIN:
        return tally.margin_cells, plan.reach
    return tally.crossing_cells, 1.0
