"""``robaudit compare``: what changed between two audits, and whether that is more than chance."""

import argparse
import sys

from rich.console import Console

from robaudit.commands import ExitCode
from robaudit.commands.evaluation import exit_code, print_verdict
from robaudit.commands.outputs import check_outputs, draw_outputs, tell_host, write_outputs
from robaudit.commands.partial_results import check_whole
from robaudit.commands.results import comparison_files, comparison_text
from robaudit.commands.terminal import text_layout
from robaudit.comparison.comparison import describe_comparison
from robaudit.record.baseline_file import read_either
from robaudit.record.plain import as_plain
from robaudit.storage.files import check_folder, write_files
from robaudit.verdict.compared import judge_comparison

_FILES = ("report.html", "comparison.json")


def run(options: argparse.Namespace) -> ExitCode:
    """Run the command."""
    check_folder(options.out, _FILES, overwrite=options.force)
    check_outputs(options, _FILES)
    before, after = read_either(options.before), read_either(options.after)
    if options.gates or options.fail_on:
        for findings in (before, after):
            check_whole(findings, "one to hold gates against")
    judged = judge_comparison(
        describe_comparison(before, after),
        before,
        after,
        options.gates,
        file=str(options.before),
        fail_on_worse=options.fail_on == "worse",
        suppressions=options.suppressions,
    )
    comparison = as_plain(judged)
    outputs = draw_outputs(options, comparison)
    written = write_files(options.out, comparison_files(comparison)) + write_outputs(outputs)
    if options.quiet:
        print_verdict(judged)
    else:
        sys.stdout.write(comparison_text(comparison, text_layout(Console())))
        sys.stdout.write("".join(f"{path}\n" for path in written))
    tell_host(comparison)
    return exit_code(judged)
