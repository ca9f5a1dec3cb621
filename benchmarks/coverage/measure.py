"""One cell after the other: draw audits, estimate, see what held."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benchmarks.coverage.populations import (
    Audits,
    Population,
    changed,
    directions_of,
    draw,
    draw_ends,
    population,
)
from benchmarks.coverage.results import Cell, Findings, Result, Shares
from robaudit.metrics.inequality import gini
from robaudit.stats.bounded import (
    CHANGES,
    bounds,
    farthest_in_a_class,
    interval,
    least_seen,
    p_values,
    widest_change,
)
from robaudit.stats.cells import Cells, cells_of_table
from robaudit.stats.means import Means, class_means, mean_over_classes
from robaudit.stats.naming import error_of_each, find_worst
from robaudit.stats.paired import holm
from robaudit.stats.pairs import (
    MOST_UNREACHED,
    Ends,
    class_robustness_left,
    jackknife_interval,
    model_robustness_left,
    unreached_share,
)
from robaudit.stats.spread import noise_of, smallest_interval, spread_interval
from robaudit.types import BoolArray, FloatArray, IntArray

_NUMBERS = 2**22
ERROR = 0.05


def groups(classes: int, samples: int, random: np.random.Generator) -> IntArray:
    """Give samples their classes, as many each as can be; few samples have classes drawn."""
    order = random.permutation(classes) if samples < classes else np.arange(classes)
    return np.resize(order, samples)


def audits_of(
    cell: Cell, models: tuple[Population, ...], count: int, seed: int
) -> Iterator[tuple[IntArray, list[Audits], np.random.Generator]]:
    """Draw audits of a cell, no more at a time than memory is for."""
    random = np.random.default_rng([seed, cell.classes, cell.samples, cell.each])
    taken = directions_of(cell.samples, cell.each, cell.pool)
    part = max(1, min(count, _NUMBERS // taken.size, 100))
    for start in range(0, count, part):
        group = groups(cell.classes, cell.samples, random)
        yield group, draw(models, group, taken, cell.pool, min(part, count - start), random), random


def table(values: FloatArray, group: IntArray, cell: Cell, taken: IntArray) -> Cells:
    """Sum one audit."""
    own = None if cell.shared else taken
    return cells_of_table(values.astype(np.float64), group, cell.classes, own, cell.pool)


def take(found: Findings, name: str, means: Means, ends: tuple[FloatArray, FloatArray]) -> None:
    """Take in the interval of each of some means."""
    columns = (np.atleast_1d(one) for one in (means.value, *ends))
    for index, numbers in enumerate(zip(*columns, strict=True)):
        found[f"{name}/{index}"].add(*map(float, numbers))


def pooled(found: Findings, name: str, cell: Cell, truths: FloatArray, error: float) -> Result:
    """Sum up a figure of each class: mean coverage and width over classes."""
    each = [
        found[f"{name}/{index}"].result(name, cell, float(truth), error)
        for index, truth in enumerate(truths)
    ]
    return Result(
        name,
        str(cell),
        each[0].audits,
        *(
            float(np.nanmean([getattr(part, one) for part in each]))
            for one in ("coverage", "below", "above", "ratio", "without")
        ),
    )


def measure_means(cell: Cell, count: int) -> Iterator[Result | Shares]:
    """Mean margin, crossing rate, accuracy, and margins of single classes."""
    model = population(cell.model, cell.classes)
    found, level = Findings(), error_of_each(ERROR, cell.classes)
    by_class = cell.samples >= 2 * cell.classes
    together = []
    for group, (audits,), _ in audits_of(cell, (model,), count, seed=1):
        for margins, crossed, wrong in zip(
            audits.margins, audits.crossed, audits.wrong, strict=True
        ):
            cells = table(margins, group, cell, audits.taken)
            found["mean margin"].add_estimate(interval(mean_over_classes(cells)))
            crossings = table(crossed, group, cell, audits.taken)
            unseen = least_seen(crossings.means)
            found["crossing rate"].add_estimate(
                interval(mean_over_classes(crossings), unseen=unseen)
            )
            right = one_cell(~wrong)
            found["accuracy"].add_estimate(interval(right))
            if by_class:
                means = class_means(cells)
                take(found, "margin of a class", means, bounds(means))
                low, high = bounds(means, error=level)
                take(found, "margins of all classes", means, (low, high))
                together.append(np.all((low <= model.margin) & (model.margin <= high)))
    yield found["mean margin"].result("mean margin", cell, float(model.margin.mean()))
    yield found["crossing rate"].result("crossing rate", cell, float(model.crossing.mean()))
    yield found["accuracy"].result("accuracy", cell, float(1 - model.misclassified.mean()))
    if by_class:
        yield pooled(found, "margin of a class", cell, model.margin, ERROR)
        whole = pooled(found, "margins of all classes", cell, model.margin, level)
        held = float(np.mean(together))
        yield replace(whole, coverage=held, below=np.nan, above=np.nan)


def one_cell(values: FloatArray) -> Means:
    """Give the mean of values (n,) that no direction has a part in."""
    count = len(values)
    variance = np.asarray(np.var(values, ddof=1) / count)
    freedom, samples = np.asarray(count - 1.0), np.asarray(float(count))
    return Means(np.asarray(np.mean(values)), variance, np.zeros(()), freedom, samples)


def measure_pairs(cell: Cell, count: int, *, null: bool) -> Iterator[Result | Shares]:
    """Differences of two models on the same samples and directions."""
    before = population(cell.model, cell.classes)
    after = before if null else changed(before)
    name = "paired, equal models" if null else "paired, another model"
    found, named, wrong, tests = Findings(), 0, 0, 0
    by_class = cell.samples >= 2 * cell.classes
    for group, (one, two), _ in audits_of(cell, (before, after), count, seed=2):
        for index in range(len(one.margins)):
            for figure in ("margins", "crossed"):
                values = [getattr(audit, figure)[index].astype(np.float32) for audit in (one, two)]
                cells = table(values[1] - values[0], group, cell, one.taken)
                unseen = widest_change(cells.means)
                means = mean_over_classes(cells)
                found[figure].add_estimate(interval(means, CHANGES, unseen=unseen))
                if figure == "margins" and null and by_class:
                    of_classes = p_values(class_means(cells), unseen=unseen)
                    named += min(holm(of_classes.tolist())) < ERROR
                    wrong += float(p_values(means, unseen=unseen)) < ERROR
                    tests += 1
    truths = (after.margin - before.margin).mean(), (after.crossing - before.crossing).mean()
    for figure, truth in zip(("margins", "crossed"), truths, strict=True):
        what = "mean margin" if figure == "margins" else "crossing rate"
        yield found[figure].result(f"{what}, {name}", cell, float(truth))
    if tests:
        yield Shares("a changed class named, equal models", str(cell), tests, named / tests)
        yield Shares("a change told, equal models", str(cell), tests, wrong / tests)


def apart(values: FloatArray) -> FloatArray:
    """Give the largest less the smallest."""
    return np.asarray(np.ptp(values, axis=-1))


def measure_spread(cell: Cell, count: int, *, equal: bool) -> Iterator[Result | Shares]:
    """Gini, largest less smallest, smallest; and which class is called the worst."""
    model = population(cell.model, cell.classes, equal=equal)
    truth, found = model.margin, Findings()
    named, missed, page = 0, 0, 0
    for group, (audits,), random in audits_of(cell, (model,), count, seed=3 + equal):
        for margins, crossed in zip(audits.margins, audits.crossed, strict=True):
            cells = table(margins, group, cell, audits.taken)
            means = class_means(cells)
            common = float(mean_over_classes(cells).of_directions)
            noise = noise_of(means, common, random)
            found["Gini"].add_estimate(spread_interval(gini, means, noise))
            found["max - min"].add_estimate(spread_interval(apart, means, noise))
            found["worst class margin"].add_estimate(smallest_interval(means, noise))
            worst = find_worst(means, ERROR)
            named += worst.named and (equal or worst.index != int(truth.argmin()))
            missed += not worst.alike[int(truth.argmin())]
            kept = class_means(table(~crossed, group, cell, audits.taken))
            page += find_worst(means, ERROR / 2).named or find_worst(kept, ERROR / 2).named
    classes = "equal" if equal else "unequal"
    for name, true in (
        ("Gini", float(gini(truth))),
        ("max - min", float(apart(truth))),
        ("worst class margin", float(truth.min())),
    ):
        yield found[name].result(f"{name}, {classes} classes", cell, true)
    yield Shares(f"the wrong worst class named, {classes} classes", str(cell), count, named / count)
    yield Shares(f"worst class not among those alike, {classes}", str(cell), count, missed / count)
    if equal:
        yield Shares("any class named on a page of two figures", str(cell), count, page / count)


def measure_ends(cell: Cell, count: int) -> Iterator[Result | Shares]:
    """R, R_i, and shares of rays that end in a class."""
    model = population(cell.model, cell.classes)
    found = Findings()
    share = float(model.crossing @ model.ends[:, -1]) / cell.classes
    for group, (audits,), random in audits_of(cell, (model,), count, seed=5):
        for margins, crossed in zip(audits.margins, audits.crossed, strict=True):
            where = draw_ends(model, group, cell.each, random)
            ends, sums, counts = ends_of(cell, group, margins, crossed, where, audits.taken)
            last = (where == cell.classes - 1) & crossed
            cells = table(last, group, cell, audits.taken)
            unseen = farthest_in_a_class(cells.means, group)
            found["share of rays"].add_estimate(interval(mean_over_classes(cells), unseen=unseen))
            along = (sums, counts) if cell.shared else ()
            left = model_robustness_left(ends, cell.classes, 1.0, *along)
            few = unreached_share(ends, cell.classes) > MOST_UNREACHED
            estimate = jackknife_interval(left, group)
            if few:
                estimate = replace(estimate, low=None, high=None)
            found["R"].add_estimate(estimate)
            robustness = class_robustness_left(ends, cell.classes - 1)
            if robustness is None:
                found["log R_i"].add(np.nan, np.nan, np.nan)
            else:
                found["log R_i"].add_estimate(jackknife_interval(robustness, group))
    yield found["share of rays"].result("share of rays that end in a class", cell, share)
    yield found["R"].result("R, its own mean", cell)
    if not np.isnan(found["log R_i"].value).all():
        yield found["log R_i"].result("R_i, its own mean", cell)


def ends_of(
    cell: Cell,
    group: IntArray,
    margins: FloatArray,
    crossed: BoolArray,
    where: IntArray,
    taken: IntArray,
) -> tuple[Ends, FloatArray, IntArray]:
    """Sum the rays (S, k) of one audit by sample and class, and by direction and pair."""
    sample, ray = np.nonzero(crossed)
    adjacent, margin = where[sample, ray], margins[sample, ray].astype(np.float64)
    key = sample * cell.classes + adjacent
    present, place = np.unique(key, return_inverse=True)
    ends = Ends(
        present // cell.classes,
        present % cell.classes,
        np.bincount(place),
        np.bincount(place, margin).astype(np.float64),
        group,
    )
    pairs = cell.classes**2
    line = taken[sample, ray] * pairs + group[sample] * cell.classes + adjacent
    sums = np.bincount(line, margin, cell.pool * pairs).astype(np.float64)
    counts = np.bincount(line, minlength=cell.pool * pairs)
    return ends, sums.reshape(cell.pool, pairs), counts.reshape(cell.pool, pairs)
