"""Real populations: tables of all images of a data set along many directions, drawn from anew.

The file is an .npz with ``margins`` (N, D), mean margins of both ways along each direction in
units of the reach, ``crossed`` (N, D), the shares of the ways that crossed, and ``origin`` (N,),
the classes. Audits draw images of each class, and directions, with replacement: the table is
the population, and its means are the truth.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.coverage.measure import groups, table
from benchmarks.coverage.populations import directions_of
from benchmarks.coverage.results import Cell, Findings, Result
from robaudit.stats.bounded import bounds, interval, least_seen
from robaudit.stats.means import class_means, mean_over_classes
from robaudit.types import FloatArray, IntArray


def measure_file(path: Path, samples: int, each: int, pool: int, count: int) -> Iterator[Result]:
    """Draw ``count`` audits of a table, and see how often their intervals hold its means."""
    with np.load(path) as file:
        margins, crossed, origin = (file[name] for name in ("margins", "crossed", "origin"))
    classes = np.unique(origin)
    members = [np.flatnonzero(origin == index) for index in classes]
    cell = Cell(path.stem, len(classes), samples, each, pool)
    random = np.random.default_rng([9, samples, each])
    group = groups(len(classes), samples, random)
    places, found = directions_of(samples, each, pool), Findings()
    for _ in range(count):
        rows = np.array([random.choice(members[index]) for index in group])
        columns = random.choice(margins.shape[1], pool)[places]
        cells = table(margins[rows[:, np.newaxis], columns], group, cell, places)
        found["margin"].add_estimate(interval(mean_over_classes(cells)))
        means = class_means(cells)
        low, high = bounds(means)
        found["class"].add(float(means.value[0]), float(low[0]), float(high[0]))
        cells = table(crossed[rows[:, np.newaxis], columns], group, cell, places)
        found["crossing"].add_estimate(
            interval(mean_over_classes(cells), unseen=least_seen(cells.means))
        )
    for name, figure, values in (
        ("margin", "mean margin", margins),
        ("crossing", "crossing rate", crossed),
    ):
        yield found[name].result(f"{figure}, from a file", cell, over_classes(values, members))
    first = float(margins[members[0]].mean())
    yield found["class"].result("margin of a class, from a file", cell, first)


def over_classes(values: FloatArray, members: Sequence[IntArray]) -> float:
    """Give the mean of the means of classes."""
    return float(np.mean([values[rows].mean() for rows in members]))
