"""Reading a command line: what was typed, with what the settings say in front of it."""

import argparse
import re
import shlex
from collections.abc import Mapping, Sequence

from robaudit.commands.options.parser import COMMANDS, command_named, make_parser
from robaudit.commands.options.settings import (
    SECTIONS,
    Settings,
    read_settings,
    settings_arguments,
)
from robaudit.commands.options.typed import typed_options
from robaudit.commands.options.values import path as read_path
from robaudit.errors import UsageError
from robaudit.phrases import nearest

_LIKENESS = 0.7
"""Options have many letters in common."""


def read_options(
    arguments: Sequence[str], parser: argparse.ArgumentParser | None = None
) -> argparse.Namespace:
    """Parse arguments that were typed, with what the settings say in front, which they override.

    Beside the options that were parsed there are ``typed``, the names and texts of those that
    were typed, ``settings``, and of these the ``gates`` and ``suppressions`` that apply;
    ``given`` are the options that were typed or set, as attributes of all of them are named, and
    ``command_line`` is what was typed. Raises UsageError for what is none.
    """
    joined = _with_joined_values(arguments)
    options = _options(parser or make_parser(), joined)
    options.command_line = shlex.join(["robaudit", *joined])
    return options


def _options(parser: argparse.ArgumentParser, arguments: list[str]) -> argparse.Namespace:
    command = "".join(arguments[:1])
    if command not in {known.name for known in COMMANDS} or {"-h", "--help"} & set(arguments):
        _check_first(command)
        return _parsed(parser, arguments)
    for word in arguments:  # -out would be -o with the value ut
        if f"-{word}" in command_named(command).flags():
            raise UsageError(f"{word}, with one dash", advice=f"Did you mean -{word}?")
    typed = typed_options(command, arguments[1:])
    settings = Settings()
    if command in SECTIONS:
        config = typed.options.get("config")
        settings = read_settings(command, None if config is None else read_path(config))
    set_by_file = settings_arguments(command, settings.values)
    places = [(*place.words, place.metavar)[0] for place in command_named(command).arguments]
    try:
        parser.parse_args([command, *set_by_file, *places])
    except UsageError as error:  # nobody typed what is wrong
        raise UsageError(f"{settings.name}: {error}") from error
    if "show-config" in typed.options:  # without anything to do it to
        arguments = [*arguments, *places[sum(not one.startswith("-") for one in typed.rest) :]]
    options = _parsed(parser, [command, *set_by_file, *arguments[1:]])
    options.typed, options.settings = typed.options, settings
    named = {**settings.values, **typed.options}
    options.given = frozenset(name.replace("-", "_") for name in named)
    options.gates = [*settings.gates, *getattr(options, "fail_under", ())]
    options.suppressions = settings.suppressions
    return options


def _parsed(parser: argparse.ArgumentParser, arguments: list[str]) -> argparse.Namespace:
    """Parse arguments; what is left over is of the command, so its help is what to see."""
    flags = {command.name: command.flags() for command in COMMANDS}
    options, unknown = parser.parse_known_args(arguments)
    if not unknown:
        return options
    bare = not unknown[0].startswith("-") and hasattr(options, "data")
    meant = next(filter(None, (_meant(flags, options.command, word) for word in unknown)), "")
    raise UsageError(
        f"unrecognized arguments: {' '.join(unknown)}",
        expected="one MODEL, and data behind --data" if bare else "",
        advice=f"{meant} See robaudit {options.command} --help.".strip(),
    )


def _check_first(word: str) -> None:
    """Raise UsageError for an option in front of the command that is none of robaudit itself."""
    own = ("--help", "--version")
    if word.startswith("-") and word not in ("-h", *own):
        name = nearest(word.lstrip("-"), [each.removeprefix("--") for each in own], _LIKENESS)
        raise UsageError(
            f"{word} in front of a command",
            expected="robaudit COMMAND, and options behind it",
            advice=f"Did you mean --{name}?" if name else "See robaudit --help.",
        )


def _meant(flags: Mapping[str, Sequence[str]], command: str, word: str) -> str:
    """Say which option may be meant by one that a command does not have."""
    flag = word.partition("=")[0]
    if not flag.startswith("-"):
        return ""
    with_it = [name for name, known in flags.items() if flag in known]
    if with_it:
        return f"{flag} is an option of robaudit {' and '.join(with_it)}."
    names = [each.removeprefix("--") for each in (*flags[command], "--help")]
    name = nearest(flag.lstrip("-").replace("_", "-"), names, _LIKENESS)
    return f"Did you mean --{name}?" if name else ""


def _with_joined_values(arguments: Sequence[str]) -> list[str]:
    """Join values that begin with a minus sign to their options, which argparse asks for.

    >>> _with_joined_values(["scan", "m.onnx", "--pixel-range", "-1,1", "-q"])
    ['scan', 'm.onnx', '--pixel-range=-1,1', '-q']
    """
    joined: list[str] = []
    for argument in arguments:
        option = joined[-1] if joined else ""
        if re.match(r"-[\d.]", argument) and option.startswith("--") and "=" not in option:
            joined[-1] = f"{option}={argument}"
        else:
            joined.append(argument)
    return joined
