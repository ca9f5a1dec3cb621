"""The command line. Only here do errors become exit codes.

0 fine, 1 audited and a gate failed, 2 usage or execution error, 3 the file is
not something that can be audited, 4 inconclusive; 130 interrupted, as shells do.
"""

import argparse
import os
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from robaudit.commands import ExitCode
from robaudit.commands.options.command_line import read_options
from robaudit.commands.options.flags import with_flags
from robaudit.commands.options.parser import make_parser
from robaudit.commands.options.settings_shown import shown
from robaudit.commands.streams import give_up, is_animated, mended_streams
from robaudit.commands.supervision import begin_heartbeat, interrupt_work, set_limits
from robaudit.errors import (
    NotAuditableError,
    RobauditError,
    is_out_of_processes,
    out_of_processes,
    program_ended,
    thread_failed,
)
from robaudit.phrases import printable


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; give the exit code."""
    with mended_streams():
        return _main(arguments)


def _main(arguments: Sequence[str] | None) -> int:
    try:
        parser = make_parser()
        typed = sys.argv[1:] if arguments is None else arguments
        if not typed:
            parser.print_help()
            return ExitCode.OK
        options = read_options(typed, parser)
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
