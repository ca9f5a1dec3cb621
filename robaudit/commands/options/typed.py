"""Which options were typed, before they are read: what settings must not override."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from robaudit.commands.options.argument_parser import Parser
from robaudit.commands.options.parser import command_named


@dataclass(frozen=True)
class Typed:
    """The options that were typed, by their names in settings files, as text.

    Of a switch it is True, of one that is repeatable a list. ``rest`` is all the rest: what
    stands at places of its own, and what is no option.
    """

    options: dict[str, Any]
    rest: tuple[str, ...]


def typed_options(command: str, arguments: Sequence[str]) -> Typed:
    """Take apart what was typed behind a command; raises UsageError for a value that is missing."""
    parser = Parser(
        prog=f"robaudit {command}",
        add_help=False,
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    options = command_named(command).all_options()
    for option in options.values():
        metavar = option.metavar if option.is_switch else option.metavar or option.name
        as_text: dict[str, Any] = {
            "read": None,
            "choices": None,
            "default": argparse.SUPPRESS,
            "metavar": metavar,
        }
        replace(option, **as_text, constant=True).add_to(parser)
    found, rest = parser.parse_known_args(list(arguments))
    values = vars(found)
    return Typed(
        {
            name: values[option.destination]
            for name, option in options.items()
            if option.destination in values
        },
        tuple(rest),
    )
