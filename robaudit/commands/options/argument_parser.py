"""A parser whose complaints are errors of robaudit, and whose help can be copied from."""

import argparse
import shutil
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from robaudit.errors import UsageError
from robaudit.phrases import did_you_mean

COMMAND = "command"
"""Where a parser keeps which command was given."""
_NARROW = 70


class Parser(argparse.ArgumentParser):
    """Raises what is wrong instead of exiting, so that one place exits.

    ``examples`` are command lines that stand at the end of its help.
    """

    def __init__(self, *, examples: Sequence[str] = (), **details: Any) -> None:
        super().__init__(formatter_class=_Formatter, **details)
        self._examples = examples

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(message.rstrip("."), advice=f"See {self.prog} --help.")

    def format_help(self) -> str:
        """Write the help, examples as they are typed: a line that is cut could not be copied."""
        lines = "".join(f"  {example}\n" for example in self._examples)
        return super().format_help() + (f"\nfor example:\n{lines}" if lines else "")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Say which choices there are, and which of them may be meant."""
        choices = list(map(str, action.choices or ()))
        if not choices or str(value) in choices:
            return
        meant = did_you_mean(str(value), choices)
        if action.dest == COMMAND and (Path(value).suffix or Path(value).exists()):
            meant = f"Did you mean {self.prog} {choices[0]} {value}?"
        if f"--{value}" in self._option_string_actions:
            meant = f"Did you mean --{value}?"
        said = f"{value!r}; expected one of {', '.join(choices)}"
        raise argparse.ArgumentError(action, f"{said}. {meant}" if meant else said)


class _Formatter(argparse.HelpFormatter):
    """Breaks no word: half a name of a figure or of an option is none.

    In a narrow window what an option does stands below it.
    """

    def __init__(self, prog: str) -> None:
        narrow = shutil.get_terminal_size().columns < _NARROW
        super().__init__(prog, max_help_position=8 if narrow else 24)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines = self._split_lines(text, width - len(indent))
        return "\n".join(f"{indent}{line}" for line in lines)
