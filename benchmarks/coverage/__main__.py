"""The command: run the study, print its tables, write down all numbers."""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks.coverage.attacked import measure_attacked
from benchmarks.coverage.going_on import measure_gate, measure_power, measure_precision
from benchmarks.coverage.measure import (
    measure_ends,
    measure_means,
    measure_pairs,
    measure_spread,
)
from benchmarks.coverage.populations import MODELS
from benchmarks.coverage.real import measure_file
from benchmarks.coverage.results import Cell, Result, Shares
from benchmarks.coverage.tables import coverage_table, missed_table, shares_table

OWN, SHARED = (4, 256), (20, 20)
LEAST, WIDEST = 0.93, 1.5


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the study, quick or in full."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--quick", action="store_true", help="fewer cells and audits: a minute or two"
    )
    size.add_argument("--full", action="store_true", help="all cells, 2,000 audits each")
    parser.add_argument("--audits", type=int, help="audits a cell")
    parser.add_argument(
        "--population", type=Path, help="an .npz with margins, crossed, origin: that alone"
    )
    parser.add_argument("-o", "--output", type=Path, default=Path("coverage.json"))
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    audits = options.audits or (2000 if options.full else 200)
    results: list[Result] = []
    shares: list[Shares] = []
    path: Path | None = options.population
    for found in study(audits, full=options.full) if path is None else of_file(path, audits):
        (results if isinstance(found, Result) else shares).append(found)  # type: ignore[arg-type]
        if isinstance(found, Result):
            spent = time.perf_counter() - start
            line = f"{spent:6.0f} s  {found.coverage:.3f} {found.ratio:.2f} {found.figure}: "
            sys.stderr.write(f"{line}{found.cell}\n")
    options.output.write_text(
        json.dumps(
            {
                "audits": audits,
                "results": [asdict(one) for one in results],
                "shares": [asdict(one) for one in shares],
            },
            indent=1,
        )
    )
    print(coverage_table(results), shares_table(shares), sep="\n\n")
    print(f"\nCells that miss {LEAST:.0%}, or are {WIDEST} times as wide:\n")
    print(missed_table(results, LEAST, WIDEST))


def study(audits: int, *, full: bool) -> Iterator[Result | Shares]:
    """Run all cells; what takes long gets half the audits."""
    models = MODELS if full else MODELS[:2]
    fewer = max(1, audits // 2)
    for cell in cells(models, (2, 10, 100), (50, 100, 300, 1000) if full else (50, 300)):
        yield from measure_means(cell, audits)
    for cell in cells(models, (2, 10), (50, 100, 300, 1000) if full else (50, 300)):
        for null in (True, False):
            yield from measure_pairs(cell, audits, null=null)
    for cell in cells(models, (2, 10, 100), (50, 100, 300, 1000) if full else (50, 300)):
        if cell.samples >= 3 * cell.classes and (not cell.shared or cell.classes == 10):
            for equal in (True, False):
                yield from measure_spread(cell, fewer, equal=equal)
    for cell in cells(models, (2, 10), (50, 100, 300, 1000) if full else (100, 300)):
        yield from measure_ends(cell, fewer)
    for model in models:
        for classes in (2, 10):
            cell = Cell(model, classes, 1600, *OWN)
            yield from measure_precision(cell, fewer)
            yield from measure_gate(cell, fewer)
            yield from measure_power(replace(cell, samples=300), audits)
    yield from measure_attacked(audits)


def of_file(path: Path, audits: int) -> Iterator[Result]:
    """Draw from a real population."""
    for samples in (50, 100, 300, 1000):
        for each, pool in (OWN, SHARED):
            yield from measure_file(path, samples, each, pool, audits)


def cells(models: Sequence[str], classes: Sequence[int], samples: Sequence[int]) -> Iterator[Cell]:
    """Give all combinations, with directions of their own and with few that are shared."""
    for model in models:
        for count in classes:
            for size in samples:
                for directions in (OWN, SHARED):
                    if size < 1000 or directions == OWN or count == 10:
                        yield Cell(model, count, size, *directions)


if __name__ == "__main__":
    main()
