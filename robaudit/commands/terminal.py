"""What is shown while work goes on: a bar in a terminal, plain lines elsewhere."""

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from robaudit.commands.streams import is_animated
from robaudit.commands.supervision import is_heard_of, tell_work
from robaudit.plugins import TextLayout

_UNITS = {
    "search": "rays",
    "clean accuracy": "inputs",
    "attacks": "samples",
    "training": "epochs",
}
_NARROW = 60
"""In fewer columns there is no room for a speed."""
_SECONDS_BETWEEN_LINES = 10.0
_SECONDS_BETWEEN_WORDS = 0.5
"""How often the process that watches is told how far the work is."""


def error_console() -> Console:
    """Make the console of the error stream, which has bars only where they can move."""
    return Console(stderr=True, force_terminal=None if is_animated(sys.stderr) else False)


def text_layout(console: Console) -> TextLayout:
    """Tell a report what a console can show."""
    return TextLayout(
        console.width,
        colour=console.is_terminal and not console.no_color,
        ascii_only=not console.encoding.startswith("utf"),
    )


def _unit(stage: str) -> str:
    """Name what a stage counts; stages within stages are named "outer: inner"."""
    return _UNITS.get(stage.rpartition(": ")[2], "")


def _write_speed(speed: float) -> str:
    return f"{speed:,.0f}" if speed >= 10 else f"{speed:.2g}"


class _Speed(ProgressColumn):
    """Items a second."""

    def render(self, task: Task) -> Text:
        """Show the speed, once there is one."""
        unit = _unit(task.description)
        if not unit or not task.speed:
            return Text("")
        return Text(f"{_write_speed(task.speed)} {unit}/s", style="progress.data.speed")


class ProgressDisplay:
    """Shows the stages of an audit on a console; call it as a `robaudit.types.Progress`."""

    def __init__(self, console: Console, *, quiet: bool) -> None:
        self._console = console
        self._quiet = quiet
        self._bar = Progress(
            TextColumn("{task.description:14}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            *([] if console.width < _NARROW else [_Speed()]),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._started: dict[str, float] = {}
        self._ended: dict[str, int] = {}
        self._last_line = self._last_word = 0.0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` items of a stage are done."""
        if self._quiet:
            return
        if self._console.is_terminal:
            if stage not in self._tasks:
                self._tasks[stage] = self._bar.add_task(stage, total=total)
            self._bar.update(self._tasks[stage], completed=done)
        else:
            self._print_line(stage, done, total)

    def _print_line(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if stage not in self._started:
            self._started[stage] = self._last_line = now
            self._last_word = now - _SECONDS_BETWEEN_WORDS
        silent = is_heard_of() or now - self._last_line < _SECONDS_BETWEEN_LINES
        if done < total and silent:
            if now - self._last_word >= _SECONDS_BETWEEN_WORDS:
                self._last_word = now
                tell_work(self._line(stage, done, total, now))
            return
        if done >= total and self._ended.get(stage) == total:
            return  # it was said already
        self._ended[stage] = done
        self._last_line = now
        line = self._line(stage, done, total, now)
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)
        tell_work(f"after {stage}", said=True)

    def _line(self, stage: str, done: int, total: int, now: float) -> str:
        line = f"{stage}: {done:,} of {total:,} {_unit(stage)}".rstrip()
        seconds = now - self._started[stage]
        if done and seconds > 1:
            line += f", {_write_speed(done / seconds)} a second"
            if done < total:
                line += f", {seconds / done * (total - done):,.0f} s left"
        return line
