"""The parent's watch over the process that does the work: its limits, and what is heard of it.

What it is told, line by line through a pipe, is said in `robaudit.commands.supervision`.
"""

import math
import os
import select
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from robaudit.commands import ExitCode
from robaudit.storage.memory import free_memory, memory_of_all

_SECONDS_TO_HEED = 1.5
"""How long the child may take to end by itself, once it was interrupted."""
_SECONDS_TO_STOP = 30.0
"""How long it may take where it has said that it stops by itself, after a block of its work."""
_SECONDS_TO_OPEN = 600
"""How long a model may take until its first answer, where no ``--timeout`` says otherwise."""
_SECONDS_BETWEEN_LOOKS = 0.1
_SECONDS_BETWEEN_BEATS = 10.0
"""How long a run that is to be heard of says nothing at most."""
_SECONDS_OF_NEWS = 1.0
"""How old what a child has told may be, to be said as what it is at now."""
_SHARE_OF_MEMORY = 0.9
STOP = getattr(signal, "SIGUSR2", signal.SIGINT)
"""What the parent asks its child to stop with, once what it is at is done."""
STOPPING = "interrupted: what is under way is finished, and told; once more ends at once"
GOES_ON = "the same command goes on from here"
INTERRUPT = getattr(signal, "SIGUSR1", signal.SIGINT)
"""What the parent interrupts its child with: a terminal sends both SIGINT, the child ignores it."""


@dataclass
class Watch:
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
    stops: bool = False
    keeps: bool = False
    code: int | None = None
    interrupted_at: float | None = None
    said_code_at: float | None = None
    heard: bytes = b""
    work: str = ""
    work_since: float = 0
    spoke_at: float | None = None

    def until_it_ends(self) -> int:
        """Wait for the child, end it where it must be; give the exit code."""
        passed_on = 0
        while (status := self._status()) is None:
            self._listen()
            for _ in self.received[passed_on:]:
                passed_on += 1
                self._interrupt(again=passed_on > 1)
            self._beat()
            reason = self._reason_to_end()
            if reason is not None:
                self._end()
                return self.code if self.code is not None else complain(*reason)
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
            elif name == "stops":
                self.stops = value == "yes"
            elif name == "keeps":
                self.keeps = value == "yes"
            elif name in ("work", "said"):
                self.work, self.work_since = value, time.monotonic()
                if name == "said" or self.spoke_at is None:
                    self.spoke_at = self.work_since

    def _beat(self) -> None:
        """Say what the child is at, where nothing has been said for some time."""
        now = time.monotonic()
        silent = 0 if self.spoke_at is None else now - self.spoke_at
        ending = self.code is not None or self.interrupted_at is not None
        if silent < _SECONDS_BETWEEN_BEATS or ending:
            return
        seconds = now - self.work_since
        still = "" if seconds < _SECONDS_OF_NEWS else f": still at it after {seconds:,.0f} s"
        _write(f"{self.work}{still}")
        self.spoke_at = now

    def _interrupt(self, *, again: bool) -> None:
        if again:
            self.saving = False
            self.interrupted_at = -math.inf
            return
        self.interrupted_at = time.monotonic()
        # Who ends a job may wait for seconds only; who sits in front of it can ask again.
        self.stops = self.stops and self.received[0] == signal.SIGINT
        if self.stops:
            complain(ExitCode.INTERRUPTED, STOPPING)
        with suppress(ProcessLookupError):
            os.kill(self.child, STOP if self.stops else INTERRUPT)

    @property
    def _interrupted(self) -> str:
        return f"interrupted; {GOES_ON}" if self.keeps else "interrupted"

    def _reason_to_end(self) -> tuple[int, str] | None:
        """Say why the child must end now, and with which exit code; ``None``: it need not."""
        now = time.monotonic()
        if self.said_code_at is not None:  # threads, or what runs at exit, hold it up
            return (ExitCode.OK, "") if now - self.said_code_at > _SECONDS_TO_HEED else None
        if self.interrupted_at is not None and not self.saving:
            patience = _SECONDS_TO_STOP if self.stops else _SECONDS_TO_HEED
            late = now - self.interrupted_at > patience
            return (128 + self.received[0], self._interrupted) if late else None
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
        if memory_of_all(self.child) > self.memory:
            limit = "--memory-limit" if self.memory_asked_for else "most of what was free"
            return ExitCode.ERROR, (
                f"more than {self.memory / 2**30:.2f} GiB of memory is needed; expected a run "
                f"that takes no more than {limit}. Raise --memory-limit, take a smaller "
                "--batch-size, or see what the model does with one image."
            )
        return None

    def _end(self) -> None:
        for process in [self.child, *descendants(self.child)]:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        os.waitpid(self.child, 0)

    def _code_of(self, status: int) -> int:
        """Give the exit code of a child that has ended by itself."""
        if self.code is not None:
            interrupted = self.code == ExitCode.INTERRUPTED and self.received
            return 128 + self.received[0] if interrupted else self.code
        if self.interrupted_at is not None:
            return complain(128 + self.received[0], self._interrupted)
        if os.WIFSIGNALED(status):
            name = signal.Signals(os.WTERMSIG(status)).name
            return complain(
                ExitCode.ERROR,
                _LOST_FILE
                if name == "SIGBUS"
                else f"the process was ended by {name}, by its own code or the "
                "system; expected a model that leaves it alone. If memory is short take a smaller "
                "--batch-size; else the model, or a framework, has a fault.",
            )
        return complain(
            ExitCode.ERROR,
            f"the process was ended, with code {os.WEXITSTATUS(status)}, by code that came with "
            "the model; expected code that returns.",
        )


_LOST_FILE = (
    "the process was ended by SIGBUS: of a file that it was reading a part is gone; expected data "
    "and model files that stay as they are. If nothing wrote to them, the disk has a fault."
)
"""What large data come to where their file is made shorter: it is mapped, not read at once."""


def complain(code: int, message: str) -> int:
    """Say why the child was ended, where its own display may have been; give the exit code."""
    with suppress(OSError, ValueError, AttributeError):
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K\x1b[?25h")  # a bar hides the cursor while it is shown
    _write(f"robaudit: {message}")
    return code


def _write(line: str) -> None:
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def descendants(process: int) -> list[int]:
    """List the processes that a process has started, and those that they have; on Linux."""
    found: list[int] = []
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, children.read_text().split())
    return found + [below for each in found for below in descendants(each)]
