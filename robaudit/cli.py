"""The command line. Only here do errors become exit codes.

0 fine, 1 audited and a gate failed, 2 usage or execution error, 3 the file is
not something that can be audited, 4 inconclusive; 130 interrupted, as shells do.
"""

import argparse
import os
import re
import shlex
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import ModuleType

from robaudit.commands import ExitCode
from robaudit.commands.options.flags import with_flags
from robaudit.commands.options.parser import COMMANDS, command_named, make_parser
from robaudit.commands.options.settings import (
    SECTIONS,
    Settings,
    read_settings,
    settings_arguments,
)
from robaudit.commands.options.settings_shown import shown
from robaudit.commands.options.typed import typed_options
from robaudit.commands.options.values import path as read_path
from robaudit.commands.streams import give_up, is_animated, mended_streams
from robaudit.commands.supervision import begin_heartbeat, interrupt_work, set_limits
from robaudit.errors import (
    NotAuditableError,
    RobauditError,
    UsageError,
    is_out_of_processes,
    out_of_processes,
    program_ended,
    thread_failed,
)
from robaudit.phrases import nearest, printable

_LIKENESS = 0.7
"""Options have many letters in common."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; give the exit code."""
    with mended_streams():
        return _main(arguments)


def _main(arguments: Sequence[str] | None) -> int:
    try:
        parser = make_parser()
        typed = _with_joined_values(list(sys.argv[1:] if arguments is None else arguments))
        if not typed:
            parser.print_help()
            return ExitCode.OK
        options = _options(parser, typed)
        options.command_line = shlex.join(["robaudit", *typed])
        if getattr(options, "show_config", False):
            sys.stdout.write(shown(options))
            return ExitCode.OK
        set_limits(seconds=options.timeout, memory=options.memory_limit)
        if not getattr(options, "quiet", False) and not is_animated(sys.stderr):
            begin_heartbeat()
        command = import_module(f"robaudit.commands.{options.command}")
        code = _run(command, options)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:
        if os.environ.get("ROBAUDIT_DEBUG"):
            raise
        return _complain(error)
    return code


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


def _run(command: ModuleType, options: argparse.Namespace) -> int:
    """Run a command; a model that ends the program, or fails in a thread, has not passed it."""
    failures: list[BaseException | None] = []

    def note_failure(failure: threading.ExceptHookArgs) -> None:
        failures.append(failure.exc_value)
        interrupt_work()

    usual = threading.excepthook
    threading.excepthook = note_failure
    try:
        code: int = command.run(options)
    except SystemExit as error:
        raise program_ended("the model", error) from error
    except KeyboardInterrupt:
        if not failures:
            raise
    finally:
        threading.excepthook = usual
    if failures:
        raise thread_failed(failures[0])
    return code


def _with_joined_values(arguments: list[str]) -> list[str]:
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


def _options(parser: argparse.ArgumentParser, arguments: list[str]) -> argparse.Namespace:
    """Parse what was typed, with what the settings say in front, which it so overrides.

    Beside the options that were parsed there are ``typed``, the names and texts of those that
    were typed, ``settings``, and of these the ``gates`` and ``suppressions`` that apply;
    ``given`` are the options that were typed or set, as attributes of all of them are named.
    """
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


def _complain(error: BaseException) -> ExitCode:
    """Say in one line what went wrong; give the exit code."""
    code, message = ExitCode.ERROR, with_flags(str(error))
    if isinstance(error, NotAuditableError):
        code = ExitCode.NOT_AUDITABLE
    elif isinstance(error, KeyboardInterrupt):
        code, message = ExitCode.INTERRUPTED, "interrupted"
    elif not isinstance(error, RobauditError) and is_out_of_processes(error):
        message = with_flags(str(out_of_processes(error)))
    elif isinstance(error, MemoryError):
        message = "out of memory; the record grows with the square of the classes, the work with "
        message += "--batch-size, --directions and the size of the inputs"
    elif isinstance(error, BrokenPipeError):
        message = ""  # whoever read the output has left
    elif isinstance(error, OSError):
        message = ": ".join(map(str, filter(None, (error.filename, error.strerror or error))))
    elif not isinstance(error, RobauditError):
        # Left alone it would exit with 1, which says that a gate failed.
        message = (
            f"{type(error).__name__}: {error} (not foreseen: please report it, with what "
            "ROBAUDIT_DEBUG=1 prints)"
        )
    sys.stderr.write(f"robaudit: {printable(message)}\n" if message else "")
    sys.stderr.flush()
    if isinstance(error, OSError):  # it may be the output; Python would complain again at exit
        give_up(sys.stdout)
    return code
