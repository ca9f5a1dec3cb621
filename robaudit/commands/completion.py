"""``robaudit completion``: what a shell reads to complete commands, options and values."""

import argparse
import sys

from robaudit.commands import ExitCode
from robaudit.commands.options.completions import bash, fish, zsh
from robaudit.commands.options.parser import COMMANDS, SHELLS

_SCRIPTS = dict(zip(SHELLS, (bash.script, zsh.script, fish.script), strict=True))


def run(options: argparse.Namespace) -> ExitCode:
    """Run the command."""
    sys.stdout.write(_SCRIPTS[options.shell](COMMANDS))
    return ExitCode.OK
