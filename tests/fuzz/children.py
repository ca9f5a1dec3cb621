"""A child for each case: forked from a process that has the frameworks loaded, and limited."""

import atexit
import importlib
import json
import os
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SECONDS = 40
"""How long a case may compute before it hangs; it may wait three times as long."""
MEMORY = 2**30
"""How many bytes a case may take beyond what the frameworks take."""
_TURN = 0.02


@dataclass(frozen=True)
class Ended:
    """How a child ended: its exit code, or the signal; and what stopped it, where we did."""

    code: int | None
    signal: int | None = None
    stopped: str = ""
    seconds: float = 0.0


def warm(commands: Iterable[Callable[[], object]], scratch: Path) -> None:
    """Import what commands import, which a child of each finds out.

    Nothing of them runs here: what frameworks start, such as threads, outlives no fork.
    """
    names = scratch / "modules"
    for command in commands:

        def record(command: Callable[[], object] = command) -> int:
            command()
            names.write_text(json.dumps(list(sys.modules)))
            return 0

        names.unlink(missing_ok=True)
        run_child(record, scratch, scratch / "said")
        with warnings.catch_warnings(), suppress(OSError):
            warnings.simplefilter("ignore")
            for name in json.loads(names.read_text()):
                with suppress(Exception):
                    importlib.import_module(name)


def run_child(run: Callable[[], int], place: Path, said: Path) -> Ended:
    """Run a function in a forked child, with a home and a temporary folder in ``place``.

    What it prints goes to files ``said.out`` and ``said.err``.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    begun = time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python's own, of forks beside threads
        child = os.fork()
    if child == 0:
        _be_child(run, place, said)
    return _watch(child, begun)


def _be_child(run: Callable[[], int], place: Path, said: Path) -> None:
    code = 70
    try:
        os.setpgid(0, 0)
        for number, name in ((1, ".out"), (2, ".err")):
            file = os.open(said.with_suffix(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(file, number)
            os.close(file)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        for name, folder in (("HOME", "home"), ("TMPDIR", "temporary")):
            (place / folder).mkdir(exist_ok=True)
            os.environ[name] = str(place / folder)
        # One case must not be given the audit of another: files may be mutated into the same.
        os.environ["ROBAUDIT_CACHE"] = "off"
        os.environ.update(COLUMNS="100", MPLCONFIGDIR=str(place / "temporary"))
        tempfile.tempdir = None
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
        most = _pages(os.getpid())[0] + 6 * MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        code = run()
        atexit._run_exitfuncs()  # as Python does when it ends: TensorFlow clears its files up
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 - it is what is looked for
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
        code = 71
    finally:
        os._exit(code)


def _watch(child: int, begun: float) -> Ended:
    """Wait for a child, end what takes too long or too much, and all that it started."""
    base, stopped = _pages(os.getpid())[1], ""
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        seconds = time.monotonic() - begun
        if done:
            break
        if not stopped and seconds > 3 * SECONDS:
            stopped = "hang"
        elif not stopped and _pages(child)[1] > base + MEMORY:
            stopped = "memory"
        if stopped:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        time.sleep(_TURN / 4 if seconds < 1 else _TURN)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGXCPU:
            stopped = "hang"
        return Ended(None, number, stopped, seconds)
    return Ended(os.WEXITSTATUS(status), None, stopped, seconds)


def _pages(process: int) -> tuple[int, int]:
    """Give how many bytes a process has mapped, and how many of them lie in memory."""
    try:
        text = Path(f"/proc/{process}/statm").read_text(encoding="ascii")
    except OSError:
        return 0, 0
    mapped, resident = text.split()[:2]
    return int(mapped) * resource.getpagesize(), int(resident) * resource.getpagesize()
