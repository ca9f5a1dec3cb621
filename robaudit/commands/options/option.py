"""What an option is: how it is typed, read and explained, and which fields of a plan it sets."""

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from robaudit.commands.options.values import parsed


@dataclass(frozen=True)
class Option:
    """An option of the command line, and a key of settings files.

    ``read`` makes its value of what was typed, and raises UsageError. Without a ``metavar``
    and ``choices`` it is a switch, whose value is ``constant``. Its value, where one is
    given, is that of the field of a plan that it ``sets``; where there are several, its
    value has one for each. A ``short`` form begins with a single dash. ``words`` are what
    shells offer for the beginning of a value that is free; those that end in ``=`` go on.
    """

    flag: str
    help: str | None = None
    metavar: str | None = None
    read: Callable[[str], Any] | None = None
    choices: Sequence[Any] | None = None
    default: Any = None
    constant: Any = True
    repeatable: bool = False
    sets: tuple[str, ...] = ()
    short: str | None = None
    words: Sequence[str] = ()

    @property
    def name(self) -> str:
        """Its name in settings files."""
        return self.flag.removeprefix("--")

    @property
    def is_switch(self) -> bool:
        """Whether it is given without a value."""
        return self.metavar is None and self.choices is None

    @property
    def destination(self) -> str:
        """Its name among the options that were parsed."""
        return self.name.replace("-", "_")

    def add_to(self, group: argparse._ActionsContainer) -> None:
        """Let a parser, or a group of one, know it."""
        details: dict[str, Any] = {"help": self.help}
        if self.is_switch:
            details |= {"action": "store_const", "const": self.constant, "default": self.default}
        else:
            details |= {"metavar": self.metavar, "choices": self.choices, "default": self.default}
            details["type"] = parsed(self.read) if self.read else None
        if self.repeatable:
            details["action"] = "append"
        flags = (self.flag,) if self.short is None else (self.short, self.flag)
        group.add_argument(*flags, **details)


Table = Sequence[Option]
"""The options of one group, in the order of their help."""


def plan_fields(options: argparse.Namespace, table: Iterable[Option]) -> dict[str, Any]:
    """Give the fields of a plan that were asked for, by their names."""
    fields: dict[str, Any] = {}
    for option in table:
        value = getattr(options, option.destination, None)
        if value is not None and option.sets:
            fields |= zip(option.sets, value if len(option.sets) > 1 else (value,), strict=True)
    return fields
