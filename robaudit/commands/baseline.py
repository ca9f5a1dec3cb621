"""``robaudit baseline write``: an audit as one file, small enough to commit."""

import argparse
import sys

from robaudit.commands import ExitCode
from robaudit.commands.partial_results import check_whole
from robaudit.errors import UsageError
from robaudit.record.baseline_file import SUFFIX, write_baseline
from robaudit.record.read import read_findings
from robaudit.storage.files import check_folder, write_files


def run(options: argparse.Namespace) -> ExitCode:
    """Run the command."""
    out = options.out
    if out.suffix != SUFFIX:
        raise UsageError(f"a baseline called {out.name}", expected=f"a name that ends in {SUFFIX}")
    check_folder(out.parent, [out.name], overwrite=options.force)
    findings = read_findings(options.audit)
    check_whole(findings, "a baseline")
    (path,) = write_files(out.parent, {out.name: lambda file: write_baseline(findings, file)})
    if not options.quiet:
        sys.stdout.write(f"{path}\n")
    return ExitCode.OK
