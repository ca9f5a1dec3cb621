"""Running the command line in a process that can be ended, whatever it is at.

A model runs in native code, which heeds no signal and knows no limit while it does. So
`supervised` forks before NumPy, or any framework, is imported: the child does the work, the
parent watches it, passes interruptions on, and ends it where it goes beyond a limit, or does
not end. What the child tells its parent by a pipe is in the functions below. Where a process
cannot fork (Windows) the work is done without a parent, and no limit can be set.
"""

import _thread
import math
import os
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from robaudit.commands import ExitCode
from robaudit.errors import UsageError, out_of_processes
from robaudit.storage.memory import free_memory, memory_of

_SECONDS_TO_OPEN = 600
"""How long a model may take until its first answer, where no ``--timeout`` says otherwise."""
_SECONDS_TO_HEED = 1.5
"""How long the child may take to end by itself, once it was interrupted."""
_SECONDS_BETWEEN_LOOKS = 0.1
_SHARE_OF_MEMORY = 0.9
_INTERRUPT = getattr(signal, "SIGUSR1", signal.SIGINT)
"""What the parent interrupts its child with: a terminal sends both SIGINT, the child ignores it."""

_parent: int | None = None
"""The child's end of the pipe."""


def set_limits(*, seconds: float | None, memory: int | None) -> None:
    """Say how long the run may take, and how many bytes of memory; ``None``: as is usual.

    Raises UsageError for a limit where nobody watches.
    """
    if seconds is None and memory is None:
        return
    if _parent is None:
        raise UsageError(
            "limits on time and memory",
            expected="robaudit run as a command, on a system where processes can fork",
            advice="Run it within the limits of a container, or with: timeout -s KILL.",
        )
    if seconds is not None:
        _tell(f"seconds {seconds}")
    if memory is not None:
        _tell(f"memory {memory}")


def interrupt_work() -> None:
    """Interrupt what the main thread of this child is at, from another."""
    if _parent is not None:
        _thread.interrupt_main(_INTERRUPT)


@contextmanager
def limited_opening() -> Iterator[None]:
    """Open a model, and have a first answer, inside this: that may not take for ever."""
    _tell("opening")
    yield
    _tell("answered")


def tell_saving() -> None:
    """Say that what there is after an interruption is being written."""
    _tell("saving")


def supervised(run: Callable[[], int]) -> int:
    """Run in a child process; give its exit code, in the parent and in the child.

    A child that ends without having said with which code has not done its work: 2.
    """
    if not hasattr(os, "fork"):
        return run()
    with _folder_for_temporary_files():
        reader, writer = os.pipe()
        received: list[int] = []
        for number in _heeded():
            signal.signal(number, lambda number, _: received.append(number))
        try:
            child = os.fork()
        except OSError as error:
            return _complain(ExitCode.ERROR, str(out_of_processes(error)))
        if child == 0:
            os.close(reader)
            return _run_as_child(run, writer)
        os.close(writer)
        return _Watch(child, reader, received).until_it_ends()


def _run_as_child(run: Callable[[], int], writer: int) -> int:
    global _parent  # noqa: PLW0603 - a process has one parent
    _parent = writer
    _end_with_parent()
    for number in _heeded():
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(_INTERRUPT, _interrupt)
    try:
        code = run()
    except SystemExit as shown:  # help: what a model ends is an error by now
        code = int(shown.code or 0)
    except BaseException:
        _tell("code 1")  # Python says the rest
        raise
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    _tell(f"code {int(code)}")
    return code


def _heeded() -> list[signal.Signals]:
    """List the signals that end a run: not those that who started it has ignored, as nohup does."""
    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    return [number for number in wanted if signal.getsignal(number) != signal.SIG_IGN]


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _end_with_parent() -> None:
    """Ask Linux to kill this process when its parent is gone, by whatever way."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - only where it is of use

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _tell(line: str) -> None:
    if _parent is not None:
        with suppress(OSError):  # the parent is gone
            os.write(_parent, f"{line}\n".encode())


@contextmanager
def _folder_for_temporary_files() -> Iterator[None]:
    """Have all temporary files in one folder, which is removed however the child ends."""
    process = os.getpid()
    try:
        folder = tempfile.mkdtemp(prefix="robaudit-")
    except OSError:  # who needs one will say so
        yield
        return
    usual = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    try:
        yield
    finally:
        if os.getpid() == process:
            os.environ.pop("TMPDIR")
            os.environ |= {} if usual is None else {"TMPDIR": usual}
            tempfile.tempdir = None
            shutil.rmtree(folder, ignore_errors=True)


@dataclass
class _Watch:
    """The parent's watch over its child: what it has said, and which limits it has."""

    child: int
    reader: int
    received: list[int]
    started: float = field(default_factory=time.monotonic)
    seconds: float | None = None
    memory: int = field(default_factory=lambda: int(_SHARE_OF_MEMORY * free_memory()))
    memory_asked_for: bool = False
    opening_since: float | None = None
    saving: bool = False
    code: int | None = None
    interrupted_at: float | None = None
    said_code_at: float | None = None
    heard: bytes = b""

    def until_it_ends(self) -> int:
        """Wait for the child, end it where it must be; give the exit code."""
        passed_on = 0
        while (status := self._status()) is None:
            self._listen()
            for _ in self.received[passed_on:]:
                passed_on += 1
                self._interrupt(again=passed_on > 1)
            reason = self._reason_to_end()
            if reason is not None:
                self._end()
                return self.code if self.code is not None else _complain(*reason)
        self._listen()
        return self._code_of(status)

    def _status(self) -> int | None:
        child, status = os.waitpid(self.child, os.WNOHANG)
        return status if child else None

    def _listen(self) -> None:
        """Hear what the child says, for a moment at most."""
        ready, _, _ = select.select([self.reader], [], [], _SECONDS_BETWEEN_LOOKS)
        said = os.read(self.reader, 4096) if ready else b""
        if ready and not said:  # it has closed its end
            time.sleep(_SECONDS_BETWEEN_LOOKS / 10)
        *lines, self.heard = (self.heard + said).split(b"\n")
        for line in lines:
            name, _, value = line.decode().partition(" ")
            if name == "seconds":
                self.seconds = float(value)
            elif name == "memory":
                self.memory, self.memory_asked_for = int(value), True
            elif name == "code":
                self.code, self.said_code_at = int(value), time.monotonic()
            elif name in ("opening", "answered"):
                self.opening_since = time.monotonic() if name == "opening" else None
            elif name == "saving":
                self.saving = True

    def _interrupt(self, *, again: bool) -> None:
        if again:
            self.saving = False
            self.interrupted_at = -math.inf
            return
        self.interrupted_at = time.monotonic()
        with suppress(ProcessLookupError):
            os.kill(self.child, _INTERRUPT)

    def _reason_to_end(self) -> tuple[int, str] | None:
        """Say why the child must end now, and with which exit code; ``None``: it need not."""
        now = time.monotonic()
        if self.said_code_at is not None:  # threads, or what runs at exit, hold it up
            return (ExitCode.OK, "") if now - self.said_code_at > _SECONDS_TO_HEED else None
        if self.interrupted_at is not None and not self.saving:
            late = now - self.interrupted_at > _SECONDS_TO_HEED
            return (128 + self.received[0], "interrupted") if late else None
        if self.seconds is not None and now - self.started > self.seconds:
            return ExitCode.ERROR, (
                f"not done after {self.seconds:g} s; expected a run that ends within --timeout. "
                "Allow more time, or ask for less work."
            )
        opening = now - (self.opening_since or now)
        if self.seconds is None and opening > _SECONDS_TO_OPEN:
            return ExitCode.ERROR, (
                f"the model has not given an answer within {_SECONDS_TO_OPEN} s; expected one "
                "that does. Allow more time with --timeout, which is for the whole run."
            )
        if memory_of(self.child) > self.memory:
            limit = "--memory-limit" if self.memory_asked_for else "most of what was free"
            return ExitCode.ERROR, (
                f"more than {self.memory / 2**30:.2f} GiB of memory is needed; expected a run "
                f"that takes no more than {limit}. Raise --memory-limit, take a smaller "
                "--batch-size, or see what the model does with one image."
            )
        return None

    def _end(self) -> None:
        for process in [self.child, *_descendants(self.child)]:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        os.waitpid(self.child, 0)

    def _code_of(self, status: int) -> int:
        """Give the exit code of a child that has ended by itself."""
        if self.code is not None:
            interrupted = self.code == ExitCode.INTERRUPTED and self.received
            return 128 + self.received[0] if interrupted else self.code
        if self.interrupted_at is not None:
            return _complain(128 + self.received[0], "interrupted")
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            return _complain(
                ExitCode.ERROR,
                f"the process was ended by {signal.Signals(number).name}, by its own code or the "
                "system; expected a model that leaves it alone. If memory is short take a smaller "
                "--batch-size; else the model, or a framework, has a fault.",
            )
        return _complain(
            ExitCode.ERROR,
            f"the process was ended, with code {os.WEXITSTATUS(status)}, by code that came with "
            "the model; expected code that returns.",
        )


def _complain(code: int, message: str) -> int:
    """Say why the child was ended, where its own display may have been; give the exit code."""
    with suppress(OSError, ValueError, AttributeError):
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K\x1b[?25h")  # a bar hides the cursor while it is shown
        sys.stderr.write(f"robaudit: {message}\n")
        sys.stderr.flush()
    return code


def _descendants(process: int) -> list[int]:
    """List the processes that a process has started, and those that they have; on Linux."""
    found: list[int] = []
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, children.read_text().split())
    return found + [below for each in found for below in _descendants(each)]
