"""Saying in words of the command line what errors say in words of Python."""

import re

from robaudit.commands.options.parser import COMMANDS

_OTHER_NAMES = {"output": "score_output", "trust": "trust_model"}
_ARGUMENT = re.compile(r"`([a-z_]+)(?:=([^`]*))?`")


def with_flags(text: str) -> str:
    """Turn arguments in backticks into the options that they are, where they are options.

    >>> with_flags("Say so with `pixel_range=(0, 255)`, or give `labels`.")
    'Say so with --pixel-range 0,255, or give --labels.'
    """
    flags = {
        option.destination: option
        for command in COMMANDS
        for option in command.all_options().values()
    }

    def flag(argument: re.Match[str]) -> str:
        option = flags.get(_OTHER_NAMES.get(argument[1], argument[1]))
        if option is None:
            return argument[0]
        value = re.sub(r"[()\s\"']", "", argument[2] or "")
        return option.flag if not value or option.is_switch else f"{option.flag} {value}"

    return _ARGUMENT.sub(flag, text)
