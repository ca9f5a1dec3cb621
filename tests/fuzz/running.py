"""Running cases, each in its place and its child."""

import gc
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from tests.fuzz.cases import Case, make_case, whole_cases
from tests.fuzz.children import run_child, warm
from tests.fuzz.formats import Seeds
from tests.fuzz.judging import Outcome, judge, snapshot

_TIMEOUT = 10
"""Seconds that the command line is given to end by itself what took too long."""

Result = tuple[str, Outcome]
"""A case's name, and what it came to."""


def run_all(
    cases: Sequence[tuple[str, int]], seeds: Seeds, kept: Path, workers: int
) -> Iterator[Result]:
    """Run cases, formats and numbers, in so many processes; files of failures go to ``kept``.

    Numbers below nought stand for seeds as they are.
    """
    context = get_context("spawn")  # a fork would bring what runs here
    with ProcessPoolExecutor(workers, context, _begin, (seeds, str(kept))) as pool:
        for done in as_completed([pool.submit(_run_one, case) for case in cases]):
            yield done.result()


_state: dict[str, object] = {}


def _begin(seeds: Seeds, kept: str) -> None:
    """Load in a worker what its cases need."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    _state.update(seeds=seeds, kept=Path(kept))
    with empty_folder() as scratch:
        cases = [case for name in seeds for case in whole_cases(name, seeds)]
        first = {(case.format, case.command[0]): case for case in cases}
        warm((partial(_warm_by, case, scratch) for case in first.values()), scratch)
    gc.collect()
    gc.freeze()  # children would copy all that they look through


@contextmanager
def empty_folder() -> Iterator[Path]:
    """Give a temporary folder that is gone afterwards, but not when a forked child ends."""
    folder = Path(tempfile.mkdtemp())
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _warm_by(case: Case, scratch: Path) -> None:
    work = Path(tempfile.mkdtemp(dir=scratch))
    case.write(work)
    os.chdir(work)
    run_command(case.command)


def _run_one(chosen: tuple[str, int]) -> Result:
    name, number = chosen
    seeds: Seeds = _state["seeds"]  # type: ignore[assignment]
    kept: Path = _state["kept"]  # type: ignore[assignment]
    case = make_case(name, number, seeds)
    outcome = run_case(case, kept)
    should = "clear error" if case.refused else "success"
    if number < 0 and outcome.kind != should:
        return case.name, replace(outcome, kind=f"seed is no {should} but {outcome.kind}")
    return case.name, outcome


def run_case(case: Case, kept: Path | None) -> Outcome:
    """Run a case in a place of its own; keep its files where it fails, or ends by a signal."""
    with empty_folder() as folder:
        place, said = folder / "place", folder / "said"
        for name in ("work", "home", "temporary"):
            (place / name).mkdir(parents=True)
        (place / "canary").write_text("nobody writes here")
        case.write(place / "work")
        before = snapshot(place)
        ended = run_child(partial(_run_in, place / "work", case.command), place, said)
        outcome = judge(ended, place, said, before, quiet="-q" in case.command)
        if outcome.kind == "hang" and case.command[0] not in _readers():
            outcome = _run_with_limit(case, place, outcome)
        if kept is not None and (outcome.fails or outcome.kind == "signal"):
            _keep(case, outcome, kept)
    return outcome


def _run_with_limit(case: Case, place: Path, hung: Outcome) -> Outcome:
    """Run what took long as a command with ``--timeout``: a model may be slow, and be ended."""
    folders = {"HOME": str(place / "home"), "TMPDIR": str(place / "temporary")}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "robaudit", *case.command, "--timeout", str(_TIMEOUT)],
            cwd=place / "work",
            env={**os.environ, **folders, "ROBAUDIT_CACHE": "off"},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=2 * _TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        return replace(hung, shown=f"{hung.shown}, and --timeout {_TIMEOUT} did not end it")
    if done.returncode == 2 and done.stderr.count("robaudit: ") == 1 and "--timeout" in done.stderr:
        return replace(hung, kind="time limit", shown=done.stderr)
    return replace(hung, shown=f"{hung.shown}, then exit code {done.returncode}: {done.stderr}")


def _run_in(work: Path, command: Sequence[str]) -> int:
    os.chdir(work)
    return run_command(command)


def run_command(command: Sequence[str]) -> int:
    """Run a command of the command line, or a reader of the library; give the exit code."""
    from robaudit.cli import main

    readers = _readers()
    if command[0] not in readers:
        return main(command)
    from robaudit import RobauditError

    try:
        readers[command[0]](Path(command[1]))
    except RobauditError as error:
        import sys

        from robaudit.phrases import printable

        sys.stderr.write(f"robaudit: {printable(str(error))}\n")
        return 2
    return 0


def _readers() -> dict[str, Callable[[Path], object]]:
    from robaudit.hardening import read_examples, read_search

    return {"read_examples": read_examples, "read_search": read_search}


def _keep(case: Case, outcome: Outcome, kept: Path) -> None:
    folder = kept / case.name.replace(":", "-")
    shutil.rmtree(folder, ignore_errors=True)
    case.write(folder)
    (folder / "OUTCOME").write_text(
        f"{outcome.kind}\nmutated: {case.target}\nrobaudit {' '.join(case.command)}\n\n"
        f"{outcome.shown}\n",
        encoding="utf-8",
        errors="replace",
    )
