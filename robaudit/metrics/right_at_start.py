"""The same measures over the samples that are in their reference class to begin with.

A misclassified sample lies at no distance from the boundary. Among all samples, as the
paper counts them, it tells of accuracy as much as of how far the boundary lies.
"""

import math
from dataclasses import dataclass

import numpy as np

from robaudit.metrics.estimating import NONE_RIGHT
from robaudit.metrics.figures import (
    CROSSING_RATE,
    GINI,
    MEAN_MARGIN,
    OF_RIGHT,
    WORST_CLASS,
    Figure,
)
from robaudit.metrics.inequality import Spread, measure_spread
from robaudit.metrics.margins import Margins, measure_margins
from robaudit.metrics.tally import Tally
from robaudit.search.plan import SearchPlan
from robaudit.stats.cells import Cells
from robaudit.stats.means import class_means, mean_over_classes
from robaudit.stats.permutation import spread_p_value
from robaudit.types import Estimate


@dataclass(frozen=True)
class RightAtStart:
    """Margins of samples that are right at the start, and how unequal classes are by them.

    ``p_value`` is how often chance would give classes that lie as far apart, were they all
    the same; ``None`` where that cannot be told.
    """

    samples: int
    margins: Margins
    spread: Spread
    p_value: float | None


def measure_right_at_start(tally: Tally, plan: SearchPlan) -> RightAtStart | None:
    """Measure the samples that are right at the start, ``None`` where none is."""
    right = tally.right
    if not right.any():
        return None
    own = tally.right_at_start()
    there = np.unique(own.origin)
    cells, shared = own.margin_cells, plan.directions_of_each == plan.directions
    along = plan.reach * cells.sums[there] / cells.counts[there] if shared else None
    error = 0.0 if shared else plan.reach * _error_of_pool(cells)
    margins = measure_margins(own, plan)
    return RightAtStart(
        samples=int(right.sum()),
        margins=margins,
        spread=measure_spread(margins, plan),
        p_value=spread_p_value(own.restricted, own.origin, along, plan.seed, error),
    )


def _error_of_pool(cells: Cells) -> float:
    """Estimate what the directions of a pool do to the mean of one class, but not to all alike.

    Permuting samples, each of which has directions of its own, draws these, but the same pool.
    """
    of_classes = class_means(cells).take(cells.sizes > 0).of_directions
    common = float(mean_over_classes(cells).of_directions)
    return math.sqrt(max(0.0, float(of_classes.mean()) - common))


def right_estimates(right: RightAtStart | None) -> dict[Figure, Estimate]:
    """Give the figures of `OF_RIGHT`, which have no number where no sample is right."""
    if right is None:
        return dict.fromkeys(OF_RIGHT.values(), Estimate(None, None, None, reason=NONE_RIGHT))
    return {
        OF_RIGHT[MEAN_MARGIN]: right.margins.restricted_mean,
        OF_RIGHT[CROSSING_RATE]: right.margins.crossing_rate,
        OF_RIGHT[WORST_CLASS]: right.spread.worst_class_margin,
        OF_RIGHT[GINI]: right.spread.gini,
    }
