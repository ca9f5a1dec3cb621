"""Output that cannot be shown or written: what is lost of it must not end the work."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

_DUMB = ("dumb", "unknown")
"""What ``TERM`` says of terminals that obey no commands."""


@contextmanager
def mended_streams() -> Iterator[None]:
    """Make standard streams show what they can, and the error stream lose what it cannot write.

    What goes there tells how far the work is, and a disk that is full, or nobody who reads,
    is no reason to give it up. Results, and what standard output is asked for, are.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started us
            setattr(sys, name, io.StringIO())
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    usual = sys.stderr
    sys.stderr = cast("TextIO", _Heedless(usual))
    try:
        yield
    finally:
        sys.stderr = usual


def is_animated(stream: TextIO) -> bool:
    """Tell whether what a stream writes to shows what moves; else it gets plain lines.

    That it is to show colours, ``FORCE_COLOR``, makes no terminal of a log.
    """
    with suppress(ValueError):  # it is closed
        return stream.isatty() and os.environ.get("TERM", "").lower() not in _DUMB
    return False


def give_up(stream: TextIO) -> None:
    """Send what a stream still holds, and what comes, nowhere: Python would complain at exit."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


class _Heedless:
    """A stream that drops what it cannot write, and goes by the one that it stands for."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write text, or drop it; give its length."""
        try:
            self._stream.write(text)
        except OSError:
            give_up(self._stream)
        return len(text)

    def flush(self) -> None:
        """Write what is held back, or drop it."""
        try:
            self._stream.flush()
        except OSError:
            give_up(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
