"""Running the command line in a process that can be ended, whatever it is at.

A model runs in native code, which heeds no signal and knows no limit while it does. So
`supervised` forks before NumPy, or any framework, is imported: the child does the work, the
parent watches it, passes interruptions on, and ends it where it goes beyond a limit, or does
not end. What the child tells its parent by a pipe is in the functions below. Where a process
cannot fork (Windows) the work is done without a parent, and no limit can be set.
"""

import _thread
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from robaudit.commands import ExitCode
from robaudit.commands.temporary import folder_for_temporary_files
from robaudit.commands.watch import INTERRUPT, STOP, STOPPING, Watch, complain
from robaudit.errors import UsageError, out_of_processes
from robaudit.storage.memory import keep_freed_memory

_parent: int | None = None
"""The child's end of the pipe."""
_heard_of = False
"""Whether the parent is to say, from time to time, what this child is at."""


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
        _thread.interrupt_main(INTERRUPT)


@contextmanager
def limited_opening() -> Iterator[None]:
    """Open a model, and have a first answer, inside this: that may not take for ever."""
    _tell("opening")
    yield
    _tell("answered")


def begin_heartbeat() -> bool:
    """Have the parent say what this child is at, at least every ten seconds; tell if it will.

    The parent does so whatever holds the child up: a thread of it would wait for the
    interpreter's lock, which native code may keep.
    """
    global _heard_of  # noqa: PLW0603 - as is who hears it
    _heard_of = _parent is not None
    tell_work("beginning")
    return _heard_of


def is_heard_of() -> bool:
    """Tell whether the parent says what this child is at."""
    return _heard_of


def tell_work(what: str, *, said: bool = False) -> None:
    """Tell what this child is at now, in one line; ``said`` where the user was told already."""
    if _heard_of:
        _tell(f"{'said' if said else 'work'} {what}")


def tell_saving() -> None:
    """Say that what there is after an interruption is being written."""
    _tell("saving")


def tell_keeping(*, keeps: bool) -> None:
    """Say whether what is done is kept, so that the same command can go on from it."""
    _tell(f"keeps {'yes' if keeps else 'no'}")


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Let the first interruption inside this only ask the work to stop: give whether one did.

    A second one ends the work, and so do signals that do not come from a keyboard.
    """
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        if _parent is None:
            complain(ExitCode.INTERRUPTED, STOPPING)

    number = signal.SIGINT if _parent is None else STOP
    try:
        usual = signal.signal(number, ask)
    except ValueError:  # this is no main thread: nobody interrupts it
        yield lambda: False
        return
    _tell("stops yes")
    try:
        yield lambda: asked
    finally:
        _tell("stops no")
        signal.signal(number, usual)


def supervised(run: Callable[[], int]) -> int:
    """Run in a child process; give its exit code, in the parent and in the child.

    A child that ends without having said with which code has not done its work: 2.
    """
    if not hasattr(os, "fork"):
        return run()
    with folder_for_temporary_files():
        reader, writer = os.pipe()
        received: list[int] = []
        for number in _heeded():
            signal.signal(number, lambda number, _: received.append(number))
        try:
            child = os.fork()
        except OSError as error:
            return complain(ExitCode.ERROR, str(out_of_processes(error)))
        if child == 0:
            os.close(reader)
            return _run_as_child(run, writer)
        os.close(writer)
        return Watch(child, reader, received).until_it_ends()


def _run_as_child(run: Callable[[], int], writer: int) -> int:
    global _parent  # noqa: PLW0603 - a process has one parent
    _parent = writer
    end_with_parent()
    keep_freed_memory()
    for number in _heeded():
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(INTERRUPT, _interrupt)
    signal.signal(STOP, _interrupt)
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


def end_with_parent() -> None:
    """Ask Linux to kill this process when its parent is gone, by whatever way."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - only where it is of use

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _tell(line: str) -> None:
    if _parent is not None:
        with suppress(OSError):  # the parent is gone
            os.write(_parent, f"{line}\n".encode())
