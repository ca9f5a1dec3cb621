"""The command: measure, print the tables, write down all numbers."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.search.figures import Result, summaries
from benchmarks.search.machine import describe_machine
from benchmarks.search.measuring import measure
from benchmarks.search.processes import in_processes, in_this_process
from benchmarks.search.subjects import SHARED, SUBJECTS, Subject, chosen, missing, quicker
from benchmarks.search.tables import (
    fallbacks,
    ratios_table,
    summary_table,
    told_otherwise,
    ways_table,
)

QUICK = ("mlp", "mlp-torch", "mnist-softmax-last")
"""What is measured where it has to be quick and nothing else was asked for."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the models that were chosen, and print the tables."""
    options = make_parser().parse_args(arguments)
    start = time.perf_counter()
    subjects = chosen(options.models or (QUICK if options.quick else ()), options.shared)
    if not subjects:
        sys.exit(f"no such model, or not there; there are {', '.join(SUBJECTS)}")
    turns = 1 if options.quick else options.turns
    raw: dict[str, Any] = {"arguments": {name: str(one) for name, one in vars(options).items()}}
    results: list[Result] = []
    for subject in subjects:
        tell(f"{subject.name} ...", start)
        result, numbers = measure_one(subject, options.shared, turns, quick=options.quick)
        results.append(result)
        raw.setdefault("models", []).append(numbers)
        raw["machine"] = describe_machine(one.facts.runtime for one in results)
        raw["summaries"] = [asdict(one) for one in summaries(results)]
        write(raw, options.output)
    print(f"{raw['machine']}; medians of {turns} turn(s)\n")
    texts = [ratios_table(results), *fallbacks(results), told_otherwise(results)]
    texts += [summary_table(summaries(results)), ways_table(results)]
    print("\n\n".join(texts), flush=True)
    lacking = [(one.name, missing(one, options.shared)) for one in SUBJECTS.values()]
    if absent := [f"{name} ({file})" for name, file in lacking if file]:
        print(f"\nNot there: {', '.join(absent)}.")
    tell("done", start)


def measure_one(
    subject: Subject, shared: Path, turns: int, *, quick: bool
) -> tuple[Result, dict[str, Any]]:
    """Measure one model, each way in a process of its own unless it has to be quick."""
    if quick:
        subject = quicker(subject)
        return measure(subject, in_this_process(subject, shared, 0.1), turns)
    return measure(subject, in_processes(subject, shared, 1.0), turns)


def make_parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.search",
        description="Measure the boundary search beside the bare model and other ways to search.",
    )
    parser.add_argument(
        "models", nargs="*", metavar="MODEL", help="names such as 'mnist*' (default: all)"
    )
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder of models and data")
    parser.add_argument("--turns", type=int, default=3, help="turns of each way (default 3)")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="few rays, one turn, one process for all ways: does it run?",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="JSON", help="write all raw numbers")
    return parser


def write(numbers: dict[str, Any], path: Path | None) -> None:
    """Write all numbers so far, so that a run that is interrupted leaves what it measured."""
    if path is not None:
        path.write_text(json.dumps(numbers, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def tell(what: str, start: float) -> None:
    """Say on the error stream how far it is."""
    print(f"{time.perf_counter() - start:7.1f} s  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
