"""Real shells, as someone sits before them: keys are pressed, and the line is read."""

import os
import pty
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Thread

import pytest

_SECONDS = 30
_SHOWN = b"\x14"
"""Ctrl-T, which is made to write down what stands on the line, and to clear it."""

_INTERACTIVE = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        "shown() {{ printf '%s\\n' \"$READLINE_LINE\" >> shown; READLINE_LINE=; }}; "
        "bind -x '\"\\C-t\": shown'; source {script}; touch ready",
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        "autoload -U compinit; compinit -u -D; "
        'shown() {{ print -r -- "$BUFFER" >> shown; BUFFER=; }}; '
        "zle -N shown; bindkey '^T' shown; source {script}; touch ready",
    ),
}


def require_shell(name: str) -> None:
    """Skip a test where a shell is not installed."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")


def completed(shell: str, script: Path, lines: Sequence[str], folder: Path) -> list[str]:
    """Press Tab behind each line in an interactive bash or zsh; give what then stands there."""
    command, setup = _INTERACTIVE[shell]
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "vt100", "HOME": str(folder)}
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        env=environment,
        start_new_session=True,
    )
    os.close(theirs)
    Thread(target=_drain, args=(ours,), daemon=True).start()
    shown = folder / "shown"
    try:
        os.write(ours, setup.format(script=script).encode() + b"\n")
        _wait_for(folder / "ready", 0)
        for number, line in enumerate(lines, 1):
            os.write(ours, line.encode() + b"\t" + _SHOWN)
            _wait_for(shown, number)
    finally:
        process.kill()
        process.wait()
    return shown.read_text().splitlines()


def _drain(terminal: int) -> None:
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:  # the shell has ended
        os.close(terminal)


def _wait_for(path: Path, lines: int) -> None:
    end = time.monotonic() + _SECONDS
    while not path.exists() or len(path.read_text().splitlines()) < lines:
        assert time.monotonic() < end, f"no line {lines} in {path.name}"
        time.sleep(0.02)
