"""What a command is: its options, and what stands at places of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from robaudit.commands.options.groups import LIMITS
from robaudit.commands.options.option import Option, Table
from robaudit.commands.options.values import one_of


@dataclass(frozen=True)
class Argument:
    """What stands at a place of its own, without a name in front: one of the words, or a file.

    There may be ``several`` of the last one.
    """

    name: str
    metavar: str
    read: Callable[[str], Any] = str
    help: str | None = None
    words: Sequence[str] = ()
    several: bool = False

    @property
    def shown(self) -> str:
        """What stands for it in the usage of its command."""
        return f"{self.metavar} ..." if self.several else self.metavar


@dataclass(frozen=True)
class Command:
    """A command: what its help says, and its options by the headings of their groups."""

    name: str
    help: str
    description: str
    arguments: Sequence[Argument] = ()
    options: Table = ()
    groups: Sequence[tuple[str, Table]] = ()
    epilog: str | None = None

    @property
    def headed(self) -> Sequence[tuple[str, Table]]:
        """Its groups of options with their headings, those that every command has the last."""
        return (*self.groups, ("limits", LIMITS))

    def all_options(self) -> dict[str, Option]:
        """Give its options, of all groups, by their names in settings files."""
        tables = (self.options, *(table for _, table in self.headed))
        return {option.name: option for table in tables for option in table}

    def flags(self) -> tuple[str, ...]:
        """Give its options as they are typed, ``--help`` not among them."""
        return tuple(option.flag for option in self.all_options().values())


def one_of_words(name: str, of: str, *words: str) -> Argument:
    """Say that one of several words is to stand at a place."""
    return Argument(name, "|".join(words), one_of(*words), of, words)
