"""``robaudit clean``: remove what was kept of a run that was ended."""

import argparse
import sys

from robaudit.commands import ExitCode
from robaudit.errors import UsageError
from robaudit.phrases import printable
from robaudit.storage.work_folder import WorkFolder

_MIB = 2**20


def run(options: argparse.Namespace) -> ExitCode:
    """Run the command. Raises UsageError where a run is at work there."""
    if not options.folder.is_dir():
        raise UsageError(f"no folder {options.folder}", expected="the folder of results")
    folder = WorkFolder(options.folder, lambda _: None)
    size = 0
    if folder.folder.exists():
        folder.open()
        try:
            size = folder.clear()
        finally:
            folder.close()
    said = f"removed {size / _MIB:,.1f} MiB of unfinished work" if size else "nothing to remove"
    sys.stdout.write(printable(f"{options.folder}: {said}") + "\n")
    return ExitCode.OK
