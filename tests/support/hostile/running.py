"""The command line, many times: frameworks are loaded once, and a process is forked for each run.

`Forge` starts this file as a program of its own. It is told of commands by lines of JSON, and
answers with exit codes.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Self

from tests.support.hostile.canaries import Ended, Place
from tests.support.hostile.fixture import SCAN
from tests.support.paths import DIGITS, ROOT

_SECONDS = 60
_MEMORY = 2**31


def run_alone(place: Place, arguments: Sequence[str]) -> Ended:
    """Run a command in a place, in a process that has nothing loaded."""
    place.arm()
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "robaudit", *arguments],
            cwd=place.work,
            env={**_environment(), **place.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Ended(None, "", "")
    return Ended(done.returncode, done.stdout, done.stderr)


def _environment() -> dict[str, str]:
    paths = os.pathsep.join(map(str, [ROOT, ROOT / "adapters", ROOT / "reports"]))
    return {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}


class Forge:
    """A process with some modules imported, that runs the command line in forks of itself."""

    def __init__(self, *modules: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__, *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
        )

    def run(self, place: Place, arguments: Sequence[str]) -> Ended:
        """Run a command in a place, as ``robaudit`` would."""
        place.arm()
        job = {"work": str(place.work), "environment": place.environment, "arguments": arguments}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job).encode() + b"\n")
        self._process.stdin.flush()
        code = json.loads(self._process.stdout.readline())
        said = [Path(f"{place.work}.{name}") for name in ("out", "err")]
        texts = [path.read_text(encoding="utf-8", errors="replace") for path in said]
        for path in said:
            path.unlink()
        return Ended(code, *texts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def _serve(modules: Sequence[str]) -> None:
    for name in ("robaudit.cli", "robaudit.commands.scan", *modules):
        if name == "keras":
            import_module("robaudit_keras.quiet").import_keras()
        import_module(name)
    _import_what_a_scan_does()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _run(json.loads(line))
        answers.write(json.dumps(_code_of(child)) + "\n")
        answers.flush()


def _import_what_a_scan_does() -> None:
    """Scan once in a process of its own, and import what that imported: no thread is left here."""
    reading, writing = os.pipe()
    with tempfile.TemporaryDirectory() as work:
        child = os.fork()
        if child == 0:
            scan = ["scan", DIGITS, *SCAN, "-q"]
            _run({"work": work, "environment": {}, "arguments": scan}, writing)
        os.close(writing)
        with os.fdopen(reading) as names:
            imported = json.load(names)
        assert _code_of(child) == 0
        for path in Path(f"{work}.out"), Path(f"{work}.err"):
            path.unlink()
    for name in imported:
        with suppress(Exception):
            import_module(name)


def _run(job: dict[str, Any], names: int | None = None) -> None:
    """Run a command and end; tell the names of all modules to a pipe, where there is one."""
    os.setsid()
    os.chdir(job["work"])
    os.environ.update(job["environment"])
    tempfile.tempdir = None
    for number, name in enumerate(("out", "err"), start=1):
        file = os.open(f"{job['work']}.{name}", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        os.dup2(file, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.alarm(_SECONDS)
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    code = 70
    try:
        code = import_module("robaudit.cli").main(job["arguments"])
    except BaseException:  # noqa: BLE001 - what gets here is a traceback on the terminal
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        if names is not None:
            os.write(names, json.dumps([*sys.modules]).encode())
        os._exit(code)


def _code_of(child: int) -> int | None:
    """Wait for a process; give its exit code, or the signal that ended it as a negative one."""
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return None if code == -signal.SIGALRM else code


if __name__ == "__main__":
    _serve(sys.argv[1:])
