"""``robaudit compare``: what changed between two audits, and whether that is more than chance."""

import argparse
import sys

from rich.console import Console

from robaudit.commands import ExitCode
from robaudit.commands.outputs import check_outputs, draw_outputs, tell_host, write_outputs
from robaudit.commands.results import comparison_files, comparison_text
from robaudit.commands.terminal import text_layout
from robaudit.comparison import compare
from robaudit.record.read import read_findings
from robaudit.storage.files import check_folder, write_files

_FILES = ("report.html", "comparison.json")


def run(options: argparse.Namespace) -> ExitCode:
    """Run the command."""
    check_folder(options.out, _FILES, overwrite=options.force)
    check_outputs(options, _FILES)
    comparison = compare(read_findings(options.before), read_findings(options.after))
    outputs = draw_outputs(options, comparison)
    written = write_files(options.out, comparison_files(comparison)) + write_outputs(outputs)
    if not options.quiet:
        sys.stdout.write(comparison_text(comparison, text_layout(Console())))
        sys.stdout.write("".join(f"{path}\n" for path in written))
    tell_host(comparison)
    return ExitCode.OK
