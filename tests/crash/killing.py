"""Runs that are killed with SIGKILL at a random moment, and done again.

Processes are forked from one that has imported all there is to import: else most of the time,
and most of the moments, would be spent there.
"""

import json
import os
import random
import signal
import tempfile
import time
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from robaudit import batches
from robaudit.cli import main
from robaudit.commands.supervision import supervised
from robaudit.commands.watch import descendants
from robaudit.hardening import resuming
from robaudit.storage import blocks
from tests.crash.cases import Case

_TWICE = 1 / 3
_OF_THE_HOUR = {"seconds", "environment", "files", "command", "sha256"}
_LATEST = 1.2
"""A moment is drawn from so long a time, as a share of what the whole run takes."""


@dataclass
class Outcome:
    """What came of a run: how often it was ``killed``, and what was ``wrong`` in the end.

    ``resumed`` says whether there was anything to go on from.
    """

    run: int
    case: str
    killed: int = 0
    resumed: bool = False
    wrong: list[str] = field(default_factory=list)


def prepare() -> None:
    """Import what runs need, and have blocks so small that small runs have many."""
    commands = ("robaudit.commands.scan", "robaudit.commands.harden")
    for name in (*commands, "robaudit_function", "robaudit_report", "scipy.stats"):
        import_module(name)
    batches._LARGEST_BLOCK = 300
    blocks.SECONDS = resuming.SECONDS = 0.02


def run_killed(case: Case, folder: Path, seed: tuple[int, int]) -> Outcome:
    """Kill a run once or twice, let it go on to its end, and hold it against a whole one."""
    chance, outcome = random.Random(str(seed)), Outcome(seed[1], case.name)
    whole, seconds = _unbroken(case, folder)
    mine = folder / f"run-{seed[1]}"
    for _ in range(1 + (chance.random() < _TWICE)):
        process = _begun(case, mine)
        time.sleep(chance.random() * _LATEST * seconds)
        workers = descendants(process)
        os.kill(process, signal.SIGKILL)
        outcome.killed += os.WIFSIGNALED(os.waitpid(process, 0)[1])
        _wait_for(workers)  # which the system kills with it
        outcome.resumed |= (mine / "out" / ".robaudit" / "own.blocks").exists()
    code = _code(_begun(case, mine))
    if code:
        outcome.wrong.append(f"exit code {code}")
    elif _results(mine) != whole:
        outcome.wrong.append("other results")
    outcome.wrong += _strays(mine, folder / case.name)
    return outcome


def _wait_for(processes: list[int], seconds: float = 30) -> None:
    latest = time.monotonic() + seconds
    while any(Path(f"/proc/{each}").exists() for each in processes) and time.monotonic() < latest:
        time.sleep(0.01)


@cache
def _unbroken(case: Case, folder: Path) -> tuple[Any, float]:
    _code(_begun(case, folder / f"{case.name}, first"))  # which warms up what is cached
    begun = time.monotonic()
    code = _code(_begun(case, folder / case.name))
    assert not code, f"{case.name} ends with {code}"
    return _results(folder / case.name), time.monotonic() - begun


def _begun(case: Case, folder: Path) -> int:
    """Begin a run in a process of its own, as the command line is run; give its number."""
    (folder / "temporary").mkdir(parents=True, exist_ok=True)
    process = os.fork()
    if process:
        return process
    os.environ["TMPDIR"] = str(folder / "temporary")
    tempfile.tempdir = None
    for number in (1, 2):
        os.dup2(os.open(folder.parent / "said.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    code = supervised(lambda: main([*case.command, "-q", "-o", str(folder / "out")]))
    os._exit(code)


def _code(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _results(folder: Path) -> Any:
    """Read what a run wrote, without what depends on the hour or on where it lies."""
    out = folder / "out"
    if (out / "comparison.json").exists():
        record = _lasting(json.loads((out / "comparison.json").read_text()))
        with np.load(next(out.glob("hardened*"))) as model:
            weights = [model[name].tobytes() for name in ("weights", "bias")]
        return record, weights, (out / "after" / "rays.npz").read_bytes()
    if not (out / "audit.json").exists():
        return None
    record = json.loads((out / "audit.json").read_text())
    del record["environment"], record["files"]["attacks.npz" if record["attacks"] else "rays.npz"]
    return record, (out / "rays.npz").read_bytes()


def _lasting(value: Any) -> Any:
    """Leave out of a record what depends on the hour; so does the file of an affine model."""
    if isinstance(value, dict):
        return {name: _lasting(of) for name, of in value.items() if name not in _OF_THE_HOUR}
    return [_lasting(of) for of in value] if isinstance(value, list) else value


def _strays(folder: Path, whole: Path) -> list[str]:
    """Name what is left of a run that a whole one does not leave."""
    left, usual = ({path.relative_to(each) for path in each.rglob("*")} for each in (folder, whole))
    return [f"stray {name}" for name in sorted(left - usual)]
