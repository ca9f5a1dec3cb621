"""Commands that are run in a terminal, and what they show there."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path

COLOURS = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM", "COLORTERM")


def plain_environment(**more: str) -> Mapping[str, str]:
    """Give the environment, without what says how terminals are."""
    return {**{name: value for name, value in os.environ.items() if name not in COLOURS}, **more}


def in_terminal(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], columns: int = 80
) -> tuple[int, str]:
    """Run robaudit with all its streams at a terminal; give the exit code and what was shown."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "robaudit", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        env=plain_environment(**{"TERM": "xterm", **environment}),
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # nobody writes any more
        os.close(ours)
    return process.wait(), shown.decode()
