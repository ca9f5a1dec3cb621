"""``robaudit adapters``: what can be opened here, and which plugins failed to load."""

import argparse
import sys

from robaudit.commands import ExitCode
from robaudit.phrases import printable
from robaudit.plugins import find_plugins


def run(_options: argparse.Namespace) -> ExitCode:
    """Run the command."""
    plugins = find_plugins("robaudit.adapters")
    lines = [f"{name}: {adapter.opens}" for name, adapter in plugins.loaded.items()]
    lines += [f"failed to load: {reason}" for reason in plugins.broken.values()]
    sys.stdout.write("".join(f"{printable(line)}\n" for line in lines))
    return ExitCode.OK
