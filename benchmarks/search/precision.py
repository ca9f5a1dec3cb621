"""How many passes it takes to know the mean margin, as the paper searches and as robaudit does.

    python -m benchmarks.search.precision [MODEL ...] [--turns 1] [-o precision.json]

What is asked for is half of a 95 % interval of a hundredth of the reach. All ways walk
as the paper does: 25 steps of 0.02 both ways, or 63 of 2/255 one way. `--precision` is run as it
is, its pilot counted; what the others need is scaled from slices (`benchmarks.search.needs`).
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from benchmarks.search.figures import geometric_mean
from benchmarks.search.machine import describe_machine
from benchmarks.search.needs import Result, Slices, measure, paper_walk
from benchmarks.search.runtimes import runtime_of
from benchmarks.search.subjects import SHARED, SUBJECTS, Subject, missing, open_bench
from benchmarks.search.tables import short, table
from robaudit import Images, SearchPlan, read_images

WAYS = {
    "authors": "authors' loop",
    "linear": "`--search linear`",
    "before": "default before",
    "precision": "`--precision`",
}
TARGETS = {"authors": 100.0, "before": 5.0}

_FURTHER = (
    Subject(
        "seedigits-mnist",
        SearchPlan(1, 1),
        (28, 28, 1),
        "seedigits-mnist.onnx",
        images="mnist",
        mean=(0.5,),
        std=(0.5,),
    ),
    Subject(
        "mnist-cora-set",
        SearchPlan(1, 1),
        (28, 28, 1),
        "mnist-cora-set.onnx",
        images="mnist",
        exchanged=True,
    ),
)
MODELS = {one.name: one for one in (*SUBJECTS.values(), *_FURTHER) if one.images}
"""The real models with data: but for one that takes its inputs one at a time."""


def main(arguments: Sequence[str] | None = None, slices: Slices | None = None) -> None:
    """Measure the models that were chosen, and print the tables."""
    options = make_parser().parse_args(arguments)
    slices = slices or Slices(turns=options.turns)
    wanted = [MODELS[name] for name in options.models or MODELS]
    subjects = [one for one in wanted if missing(one, options.shared) is None]
    if not subjects:
        sys.exit(f"none of these models, or no data for them, in {options.shared}")
    start, numbers = time.perf_counter(), dict[str, Any](slices=asdict(slices))
    results: list[Result] = []
    runtimes: set[str] = set()
    for subject in subjects:
        print(f"{time.perf_counter() - start:6.1f} s  {subject.name}", file=sys.stderr, flush=True)
        bench = open_bench(paper_walk(subject), options.shared)
        runtimes.add(runtime_of(bench.model).name)
        images = _images(options.shared / "data" / f"{subject.images}.npz")
        results.append(measure(bench, images, slices))
        if options.output:
            numbers["machine"] = describe_machine(runtimes)
            numbers["models"] = [asdict(one) for one in results]
            options.output.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    print(f"{describe_machine(runtimes)}; {time.perf_counter() - start:,.0f} s in all\n")
    print("\n\n".join([plans_table(results), passes_table(results), means_table(results)]))


def make_parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.search.precision",
        description="Count the passes to a half width of a hundredth of the reach.",
    )
    parser.add_argument("models", nargs="*", metavar="MODEL", help="names (default: all)")
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder of models and data")
    parser.add_argument("--turns", type=int, default=1, help="turns of each way (default 1)")
    parser.add_argument("-o", "--output", type=Path, metavar="JSON", help="write all numbers")
    return parser


@lru_cache(maxsize=1)
def _images(path: Path) -> Images:
    return read_images(path)


def ratio(result: Result, way: str, what: str = "passes") -> float | None:
    """Divide what a way needs by what `--precision` did."""
    needed, own = (getattr(result.needs[name], what) for name in (way, "precision"))
    return None if needed is None else needed / own


def plans_table(results: Sequence[Result]) -> str:
    """Write a row a model: halves of intervals of the plans, and the samples that are needed."""
    heads = ["model", "steps of a ray", "variance: sample / direction / rest"]
    heads += ["paper's plan", "default before", "`--precision`"]
    heads += [f"samples x directions: {name}" for name in WAYS.values()]
    rows = []
    for one in results:
        parts = one.parts
        row = [one.name, f"{one.steps:.1f}"]
        row.append(f"{parts.sample:.4f} / {parts.direction:.4f} / {parts.rest:.4f}")
        row += [f"{half:.4f}" for half in (one.paper, one.before, one.reached)]
        for way in WAYS:
            need = one.needs[way]
            row.append(f"{need.samples:,} x {need.each}" if need.samples else "no number")
        rows.append(row)
    return table(heads, rows)


def passes_table(results: Sequence[Result]) -> str:
    """Write a row a model: the passes and seconds of each way."""
    heads = ["model", *[f"passes: {name}" for name in WAYS.values()]]
    heads += ["authors' / own", "before / own"]
    heads += [f"seconds: {name}" for name in WAYS.values()]
    rows = []
    for one in results:
        passes = [one.needs[way].passes for way in WAYS]
        row = [one.name, *["" if count is None else short(count) for count in passes]]
        for way in TARGETS:
            times = ratio(one, way)
            row.append("" if times is None else f"{times:,.0f}" if times >= 20 else f"{times:.1f}")
        seconds = [one.needs[way].seconds for way in WAYS]
        rows.append([*row, *["" if took is None else f"{took:,.0f}" for took in seconds]])
    return table(heads, rows)


def means_table(results: Sequence[Result]) -> str:
    """Write the geometric means beside the numbers to reach."""
    rows = []
    for way in ("authors", "linear", "before"):
        for what in ("passes", "seconds"):
            times = [found for one in results if (found := ratio(one, way, what)) is not None]
            mean, target = geometric_mean(times), TARGETS.get(way) if what == "passes" else None
            written = "" if mean is None else f"{mean:.1f}"
            goal = "" if target is None else f"{target:g}"
            rows.append([f"{what}: {WAYS[way]} / `--precision`", written, goal, str(len(times))])
    return table(["ratio, geometric mean", "measured", "to reach", "models"], rows)


if __name__ == "__main__":
    main()
