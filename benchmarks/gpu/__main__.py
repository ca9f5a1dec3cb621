"""The command: run each part within its time, and write down what came of them."""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.gpu.tables import to_markdown

LIMITS = {"contract": 110.0, "training": 60.0, "mnist": 160.0, "cifar10": 240.0}
"""Seconds that each part may take: less than ten minutes together, with what starting takes."""

_SHARED = Path(__file__).parents[3] / "shared"


def main(arguments: Sequence[str] | None = None, limits: Mapping[str, float] = LIMITS) -> None:
    """Run the parts that were chosen; write one JSON and one table, anew after each part."""
    options = make_parser().parse_args(arguments)
    results: dict[str, Any] = {}
    text = ""
    for part in options.parts or LIMITS:
        print(f"{part} ...", file=sys.stderr, flush=True)
        results[part] = run_part(part, options, limits[part])
        text = to_markdown(results)
        options.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        options.table.write_text(text, encoding="utf-8")
    print(text)
    if failed := [part for part, found in results.items() if "error" in found]:
        sys.exit(f"not finished: {', '.join(failed)}")


def make_parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu", description="Measure and check all that needs a GPU."
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(LIMITS))
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    shared = Path(os.environ.get("ROBAUDIT_SHARED", _SHARED))
    parser.add_argument("--shared", type=Path, default=shared, help="the folder that data/ is in")
    parser.add_argument("--tiny", action="store_true", help="does it run? Says nothing else")
    parser.add_argument("-o", "--output", type=Path, default=Path("gpu.json"), metavar="JSON")
    parser.add_argument("--table", type=Path, default=Path("gpu.md"), metavar="MARKDOWN")
    return parser


def run_part(part: str, options: argparse.Namespace, limit: float) -> dict[str, Any]:
    """Run one part in a process of its own; give what it wrote down, and what went wrong.

    The process is ended when its time is over, with all that it started.
    """
    with TemporaryDirectory() as folder:
        found, log = Path(folder) / "found.json", Path(folder) / "log"
        words = [part, "--device", options.device, "--shared", options.shared, "--output", found]
        command = [sys.executable, "-m", "benchmarks.gpu.parts", *map(str, words)]
        command += ["--tiny"] * options.tiny
        before, error = time.perf_counter(), None
        with log.open("wb") as stream:
            process = subprocess.Popen(  # noqa: S603
                command, stdout=stream, stderr=subprocess.STDOUT, start_new_session=True
            )
            try:
                if code := process.wait(limit):
                    error = f"ended with {code}: {_last_words(log)}"
            except subprocess.TimeoutExpired:
                error = f"not done after {limit:.0f} s"
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        result = json.loads(found.read_text(encoding="utf-8")) if found.exists() else {}
        result["seconds"] = time.perf_counter() - before
        return result if error is None else {**result, "error": error}


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")[:300]


if __name__ == "__main__":
    main()
