"""Mutate files of every format that robaudit reads, and see what becomes of them.

``python -m tests.fuzz -n 1000`` runs so many cases and prints a table; it exits with 1 where
one of them ended otherwise than well or by a clear error. ``--case onnx:17`` runs one again.
"""

import argparse
import sys
import time
from pathlib import Path

from tests.fuzz.cases import make_case, whole_cases
from tests.fuzz.formats import FORMATS, draw_formats, make_seeds
from tests.fuzz.running import run_all, run_case
from tests.fuzz.table import make_table, put_table


def main() -> int:
    """Run what is asked for; give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("-n", type=int, default=500, help="how many cases")
    parser.add_argument("--seed", type=int, default=0, help="the first case's number")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    parser.add_argument("--case", metavar="FORMAT:NUMBER", help="run one case again")
    parser.add_argument("--kept", type=Path, default=Path("fuzz-failures"),
                        help="where files of failures go (default: %(default)s)")  # fmt: skip
    parser.add_argument("--table", type=Path, help="a document to put the table into")
    options = parser.parse_args()
    return run_again(options) if options.case else run_many(options)


def run_again(options: argparse.Namespace) -> int:
    """Run one case, keep its files, and say what it came to."""
    name, number = options.case.split(":")
    case = make_case(name, int(number), make_seeds([name]))
    folder = options.kept / case.name.replace(":", "-")
    case.write(folder)
    outcome = run_case(case, options.kept)
    sys.stdout.write(f"{folder}: robaudit {' '.join(case.command)}\n{case.target}: {outcome.kind}\n"
                     f"{outcome.shown}\n")  # fmt: skip
    return int(outcome.fails)


def run_many(options: argparse.Namespace) -> int:
    """Run many cases, and print a line for each that fails, and a table."""
    begun = time.monotonic()
    seeds = make_seeds(options.formats)
    drawn = draw_formats(options.formats, options.n)
    cases = [(name, -1 - place) for name in seeds for place in range(len(whole_cases(name, seeds)))]
    cases += [(name, options.seed + place) for place, name in enumerate(drawn)]
    counted, failed = [], False
    for done, (name, outcome) in enumerate(
        run_all(cases, seeds, options.kept, options.workers), start=1
    ):
        if ":-" not in name:
            counted.append((name.partition(":")[0], outcome.kind))
        failed |= outcome.fails
        if outcome.fails or outcome.kind == "signal":
            last = (outcome.shown.strip().splitlines() or [""])[-1]
            sys.stdout.write(f"{outcome.kind}: {last[:200]!r}\n    "
                             f"python -m tests.fuzz --case {name}\n")  # fmt: skip
            sys.stdout.flush()
        if done % 500 == 0:
            rate = done / (time.monotonic() - begun)
            sys.stderr.write(f"{done} of {len(cases)}, {rate:.1f} a second\n")
    table = make_table(counted, options.formats)
    sys.stdout.write(f"\n{table}\n{len(cases) / (time.monotonic() - begun):.2f} a second\n")
    if options.table:
        put_table(options.table, table)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
