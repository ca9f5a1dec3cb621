"""What several draws of a model that answers differently each time have in common."""

from collections.abc import Mapping, Sequence

import numpy as np

from robaudit.metrics.figures import ACCURACY, MEAN_MARGIN, Figure
from robaudit.record.schema.randomised import DrawnFigureRecord, RandomisedRecord
from robaudit.types import Estimate

Draws = Sequence[Mapping[Figure, Estimate]]


def describe_draws(draws: Draws) -> RandomisedRecord | None:
    """Write down the figures of every draw; ``None`` without any."""
    if not draws:
        return None
    figures = []
    for figure in draws[0]:
        of_draws = [draw[figure] for draw in draws]
        values = [estimate.value for estimate in of_draws]
        figures.append(
            DrawnFigureRecord(name=figure.name, values=values, estimate=over_draws(of_draws))
        )
    return RandomisedRecord(draws=len(draws), figures=figures)


def over_draws(estimates: Sequence[Estimate]) -> Estimate:
    """Give the mean of a figure's draws, and an interval that holds those of all of them.

    It has no number where any draw has none.
    """
    values = [e.value for e in estimates if e.value is not None]
    if len(values) < len(estimates):
        return Estimate(None, None, None)
    ends = [end for e in estimates for end in (e.low, e.high) if end is not None]
    if len(ends) < 2 * len(estimates):
        why = next((e.reason for e in estimates if e.reason), "a draw has no interval")
        return Estimate(float(np.mean(values)), None, None, reason=why)
    return Estimate(float(np.mean(values)), min(ends), max(ends))


def caution_on_draws(draws: Draws, randomness: str | None) -> str:
    """Say what a reader should know of figures that are another each time."""
    spread = []
    for figure, form in ((ACCURACY, "{:.1%}"), (MEAN_MARGIN, "{:.4f}")):
        values = [draw[figure].value for draw in draws]
        numbers = [value for value in values if value is not None]
        if numbers:
            low, high = form.format(min(numbers)), form.format(max(numbers))
            spread.append(f"{figure.title.lower()} goes from {low} to {high}")
    return (
        "The model answers differently each time"
        + (f" ({randomness})" if randomness else "")
        + f", and was audited so on purpose: over {len(draws)} draws {', '.join(spread)}. The "
        "headline figures and gates are over all draws; everything else is of the first."
    )
