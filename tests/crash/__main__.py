"""Kill scans and hardenings at random moments, and see whether they go on to the same results.

``python -m tests.crash --runs 30`` kills so many, some of them twice, and prints a table; it
exits with 1 where a record or rays differ from those of a run that nobody killed, or a file is
left that should not be. ``--seed`` draws other moments. Ctrl-C ends it, and prints the table of
the runs until then.
"""

import argparse
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from tests.crash.cases import CASES
from tests.crash.killing import Outcome, prepare, run_killed
from tests.crash.table import make_table


def main() -> int:
    """Kill so many runs; give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--runs", type=int, default=30, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    options = parser.parse_args()
    begun = time.monotonic()
    prepare()
    outcomes = list[Outcome]()
    with (
        tempfile.TemporaryDirectory(prefix="crash-", ignore_cleanup_errors=True) as folder,
        suppress(KeyboardInterrupt),
    ):
        for run in range(options.runs):
            case = CASES[run % len(CASES)]
            outcomes.append(run_killed(case, Path(folder), (options.seed, run)))
    for outcome in outcomes:
        for wrong in outcome.wrong:
            sys.stdout.write(f"run {outcome.run}, {outcome.case}: {wrong}\n")
    took = time.monotonic() - begun
    sys.stdout.write(f"{make_table(outcomes)}\n{took / max(1, len(outcomes)):.1f} s a run\n")
    return int(any(outcome.wrong for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
