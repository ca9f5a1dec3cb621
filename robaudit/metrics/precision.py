"""Searching until a figure is known as precisely as was asked for, with the least work.

In two stages, after Stein (Annals of Mathematical Statistics 16, 1945): a pilot of few
samples tells where the variance comes from, and so how many samples, along how many
directions of their own, bring the interval to the width asked for at least cost. The pilot
is then thrown away. Where the interval is still wider, samples are added until it is not, as
Chow and Robbins do (36, 1965). The interval at the end is that of all samples searched.
"""

import math
from dataclasses import dataclass, replace

from robaudit.batches import Stopped
from robaudit.metrics.estimating import MEANS, cells_and_unit, estimate_figure
from robaudit.metrics.figures import PRECISE
from robaudit.metrics.stages import Search, Stages
from robaudit.metrics.tally import Tally, tally_rays
from robaudit.search.joined import Searched
from robaudit.search.plan import Precision, SearchPlan
from robaudit.stats.components import cheapest, components_of
from robaudit.stats.sequential import ALLOWANCE, grown, more_samples

_PILOT_SAMPLES, _PILOT_DIRECTIONS = 100, 2
_GROWTH_UNKNOWN = 3
"""So many times the pilot is searched where it has no interval: its classes have too few."""
_MINOR = 0.1
"""Where data run out, directions are added until what they leave is this share of the rest."""

_DIRECTIONS_OF_EACH = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 100)

_FIGURES = {figure.name: figure for figure in PRECISE}


@dataclass(frozen=True)
class Reached:
    """What came of asking for a precision: half of high less low of the figure's interval.

    ``half_width`` is ``None`` where the figure has no interval. ``samples`` were searched of
    the ``most`` that there are; ``samples_for_half`` would bring half of ``asked``, ``None``
    where those are too few.
    """

    figure: str
    asked: float
    half_width: float | None
    samples: int
    most: int
    samples_for_half: int | None

    @property
    def met(self) -> bool:
        """Whether the interval is as narrow as was asked for."""
        return self.half_width is not None and self.half_width <= self.asked


def search_to(
    precision: Precision, search: Search, plan: SearchPlan, classes: int
) -> tuple[Searched, SearchPlan, Reached]:
    """Search until the interval of a figure is as narrow as asked for, or the samples run out.

    ``plan.samples`` are the most there are. Gives what was found, the plan that it is the
    answer to, and what was reached. A plan that says how many directions each sample has
    keeps them. A search that is stopped ends it: Stopped is raised where that is in the pilot.
    """
    most = plan.samples
    sized = _sized(precision, search, plan, classes)
    stages = Stages(search, classes)
    stages.go_on(sized)
    while sized.samples < most and not stages.stopped:
        half = half_width(stages.tally, sized, precision.figure)
        if half is not None and half <= precision.half_width:
            break
        wide = math.inf if half is None else half
        samples = more_samples(sized.samples, wide, precision.half_width, most)
        sized = replace(sized, samples=samples)
        stages.go_on(sized)
    sized = replace(sized, samples=stages.samples)
    half = half_width(stages.tally, sized, precision.figure)
    wanted = math.inf if half is None else grown(sized.samples, half, precision.half_width / 2)
    enough = math.ceil(wanted) if wanted <= most else None
    reached = Reached(precision.figure, precision.half_width, half, sized.samples, most, enough)
    return stages.found(sized), sized, reached


def half_width(tally: Tally, plan: SearchPlan, figure: str) -> float | None:
    """Give half of high less low of a figure's interval, ``None`` where it has none."""
    estimate = estimate_figure(_FIGURES[figure], tally, plan)
    if estimate.low is None or estimate.high is None:
        return None
    return (estimate.high - estimate.low) / 2


def _sized(precision: Precision, search: Search, plan: SearchPlan, classes: int) -> SearchPlan:
    """Choose samples and directions of each by a pilot."""
    most, fixed = plan.samples, plan.own_directions
    each = min(fixed or _PILOT_DIRECTIONS, plan.directions)
    pilot_plan = replace(
        plan, samples=min(most, _PILOT_SAMPLES), own_directions=each, strategy="linear"
    )
    rays, crossings = search(pilot_plan, 0)
    if len(rays.sample_origin) < pilot_plan.samples:
        raise Stopped
    tally = tally_rays(rays, classes)
    figure = _FIGURES[precision.figure]
    if figure not in MEANS:
        half = half_width(tally, pilot_plan, precision.figure)
        samples = _GROWTH_UNKNOWN * _PILOT_SAMPLES
        if half is not None:
            samples = more_samples(pilot_plan.samples, half, precision.half_width, most)
        return replace(plan, samples=min(most, samples), own_directions=each)
    cells, unit = cells_and_unit(figure, tally, plan)
    width = precision.half_width / unit
    parts = components_of(cells)
    usual = _DIRECTIONS_OF_EACH if fixed is None else (fixed,)
    size = cheapest(
        width,
        parts,
        plan.directions,
        sample_cost=1.0,
        direction_cost=max(1.0, crossings.evaluations / (pilot_plan.samples * each)),
        most_samples=most,
        classes=classes,
        choices=usual,
    )
    if size is not None:
        samples = min(most, math.ceil(size.samples * ALLOWANCE))
        return replace(plan, samples=samples, own_directions=size.each)
    if not fixed:
        of_sample = max(parts.sample, 1e-9)
        each = min(plan.directions, max(1, math.ceil(parts.rest / of_sample / _MINOR)))
    return replace(plan, own_directions=each)
