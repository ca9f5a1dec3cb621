"""Going on until it is known: intervals after a precision was reached, or a gate decided."""

import math
from collections.abc import Iterator

import numpy as np

from benchmarks.coverage.measure import ERROR, audits_of, table
from benchmarks.coverage.populations import population
from benchmarks.coverage.results import Cell, Findings, Result, Shares
from robaudit.stats.bounded import UNIT, bounds, interval
from robaudit.stats.components import Components, cheapest, components_of, half_width
from robaudit.stats.means import Means, mean_over_classes
from robaudit.stats.sequential import (
    ALLOWANCE,
    error_of_look,
    looks_until,
    more_samples,
    samples_to_decide,
)
from robaudit.types import FloatArray, IntArray

_PILOT = 100
_WORTH = 500
"""A precision is asked for that about so many samples reach."""


def mean_of_first(
    margins: FloatArray, group: IntArray, cell: Cell, taken: IntArray, samples: int
) -> Means:
    """Estimate the mean margin from the first samples of an audit."""
    part = slice(0, samples)
    return mean_over_classes(table(margins[part], group[part], cell, taken[part]))


def measure_precision(cell: Cell, count: int) -> Iterator[Result | Shares]:
    """Reach a half width as `robaudit.metrics.precision` does, along as many directions of each."""
    model = population(cell.model, cell.classes)
    width = _width_worth(cell, _WORTH)
    found, stages, used = Findings(), 0, []
    for group, (audits,), _ in audits_of(cell, (model,), count, seed=6):
        for margins in audits.margins:
            first = slice(0, _PILOT)
            pilot = table(margins[first], group[first], cell, audits.taken[first])
            size = cheapest(
                width,
                components_of(pilot),
                cell.pool,
                sample_cost=1.0,
                direction_cost=1.0,
                most_samples=cell.samples,
                choices=(cell.each,),
                classes=cell.classes,
            )
            samples = cell.samples
            if size is not None:
                samples = min(samples, math.ceil(size.samples * ALLOWANCE))
            means = mean_of_first(margins, group, cell, audits.taken, samples)
            stages += half_width(means) > width and samples < cell.samples
            while half_width(means) > width and samples < cell.samples:
                samples = more_samples(samples, half_width(means), width, cell.samples)
                means = mean_of_first(margins, group, cell, audits.taken, samples)
            found["precision"].add_estimate(interval(means))
            used.append(samples)
    truth = float(model.margin.mean())
    yield found["precision"].result("mean margin, after --precision", cell, truth)
    yield Shares("a third stage, after --precision", str(cell), count, stages / count)
    yield Shares("samples used over those needed", str(cell), count, float(np.mean(used)) / _WORTH)


def _width_worth(cell: Cell, samples: int) -> float:
    """Give the half width that so many samples come to, in the middle."""
    wide = Cell(cell.model, cell.classes, samples, cell.each, cell.pool)
    model = population(cell.model, cell.classes)
    widths = [
        half_width(mean_over_classes(table(margins, group, wide, audits.taken)))
        for group, (audits,), _ in audits_of(wide, (model,), 20, seed=7)
        for margins in audits.margins
    ]
    return float(np.median(widths))


def measure_gate(cell: Cell, count: int) -> Iterator[Result | Shares]:
    """Decide gates on the mean margin at the truth, and a little below and above it."""
    model = population(cell.model, cell.classes)
    truth = float(model.margin.mean())
    step = 1.25 * _width_worth(cell, cell.samples)
    looks = looks_until(_PILOT, cell.samples)
    error = error_of_look(len(looks), ERROR)
    thresholds = {"at the truth": 0.0, "below it": -step, "above it": step}
    passed, failed = dict.fromkeys(thresholds, 0), dict.fromkeys(thresholds, 0)
    found = Findings()
    for group, (audits,), _ in audits_of(cell, (model,), count, seed=8):
        for margins in audits.margins:
            open_gates = dict(thresholds)
            for samples in looks:
                means = mean_of_first(margins, group, cell, audits.taken, samples)
                low, high = map(float, bounds(means, UNIT, error))
                for name, away in list(open_gates.items()):
                    sure = low >= truth + away, high < truth + away
                    if any(sure) or samples == looks[-1]:
                        passed[name] += sure[0]
                        failed[name] += sure[1]
                        found[name].add(float(means.value), low, high)
                        del open_gates[name]
    for name in thresholds:
        threshold = f"mean margin, after --decide, threshold {name}"
        yield found[name].result(threshold, cell, truth)
        yield Shares(f"gate passed, threshold {name}", str(cell), count, passed[name] / count)
        yield Shares(f"gate failed, threshold {name}", str(cell), count, failed[name] / count)


def measure_power(cell: Cell, count: int) -> Iterator[Result | Shares]:
    """Decide gates at one look with as many samples as are said to decide them 8 times in 10."""
    model = population(cell.model, cell.classes)
    truth, away = float(model.margin.mean()), 1.5 * _width_worth(cell, cell.samples)
    parts = _components(cell)
    samples = samples_to_decide(
        truth - away, parts, cell.each, cell.pool, cell.classes, most=10 * cell.samples
    )
    if samples is None:
        return
    sized = Cell(cell.model, cell.classes, samples, cell.each, cell.pool)
    passed, failed = [], []
    for group, (audits,), _ in audits_of(sized, (model,), count, seed=10):
        for margins in audits.margins:
            means = mean_of_first(margins, group, sized, audits.taken, samples)
            low, high = map(float, bounds(means))
            passed.append((low >= truth - away, low > truth, low >= truth + away))
            failed.append((high < truth - away, high < truth, high < truth + away))
    for index, where in enumerate(("below it by what 80 % decide", "at the truth", "above it")):
        for what, told in (("passed", passed), ("failed", failed)):
            share = float(np.mean(told, axis=0)[index])
            yield Shares(f"one look: gate {what}, threshold {where}", str(sized), count, share)


def _components(cell: Cell) -> Components:
    """Give the components of variance in the middle of some audits."""
    model = population(cell.model, cell.classes)
    found = [
        components_of(table(margins, group, cell, audits.taken))
        for group, (audits,), _ in audits_of(cell, (model,), 20, seed=11)
        for margins in audits.margins
    ]
    names = ("sample", "direction", "rest")
    middle = [float(np.mean([getattr(one, name) for one in found])) for name in names]
    return Components(float(model.margin.mean()), *middle)
