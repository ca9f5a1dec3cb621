"""``robaudit scan``: margins, inequality and a report from a model and images."""

import argparse
import sys

from rich.console import Console

from robaudit.audit import scan
from robaudit.commands import ExitCode
from robaudit.commands.announcement import announce
from robaudit.commands.evaluation import check_attacks, exit_code, print_verdict
from robaudit.commands.from_options import (
    make_attack_plan,
    make_search_plan,
    open_classifier,
    preprocessing_request,
    read_data,
)
from robaudit.commands.gates import check_gates
from robaudit.commands.judging import judge
from robaudit.commands.outputs import check_outputs, draw_outputs, tell_host, write_outputs
from robaudit.commands.results import audit_files
from robaudit.commands.supervision import tell_saving
from robaudit.commands.terminal import ProgressDisplay, text_layout
from robaudit.plugins import report_named
from robaudit.record.findings import findings_of
from robaudit.record.plain import as_plain
from robaudit.storage.files import check_folder, write_files

_FILES = ("rays.npz", "report.html", "audit.json", "attacks.npz")


def run(options: argparse.Namespace) -> ExitCode:
    """Run the command."""
    check_folder(options.out, _FILES)
    check_outputs(options, _FILES)
    images = read_data(options)
    labelled = images is not None and images.labels is not None
    check_gates(options.fail_under, real=images is not None, labelled=labelled)
    classifier = open_classifier(options, images)
    plan = make_search_plan(options, classifier.spec)
    attacks = make_attack_plan(options, classifier.spec)
    if not options.quiet:
        announcement = announce(
            classifier, len(images) if images else None, plan, attacks, decide=options.decide
        )
        sys.stderr.write(f"{announcement}\n" if announcement else "")
    with ProgressDisplay(Console(stderr=True), quiet=options.quiet) as progress:
        audit = scan(
            classifier,
            images,
            plan=plan,
            preprocessing=preprocessing_request(options),
            reference=options.reference,
            attacks=attacks,
            decide=options.fail_under if options.decide else None,
            randomised=options.randomised,
            batch_size=options.batch_size,
            memory=options.memory,
            progress=progress,
        )
    interrupted = audit.assessment is not None and audit.assessment.interrupted
    if interrupted:
        tell_saving()
    judged = judge(options, findings_of(audit), audit.looks)
    record = as_plain(judged)
    outputs = draw_outputs(options, record, audit)
    written = write_files(options.out, audit_files(audit, record)) + write_outputs(outputs)
    if options.quiet:
        print_verdict(judged)
    else:
        sys.stdout.write(report_named("text").render(record, text_layout(Console())))
        sys.stdout.write("".join(f"{path}\n" for path in written))
    tell_host(record)
    if interrupted:
        return ExitCode.INTERRUPTED
    if not options.allow_skipped:
        check_attacks(audit.assessment, str(options.out))
    return exit_code(judged)
