"""``robaudit scan``: margins, inequality and a report from a model and images."""

import argparse
import sys
from dataclasses import replace

from rich.console import Console

from robaudit.audit import scan
from robaudit.commands import ExitCode
from robaudit.commands.announcement import announce
from robaudit.commands.baselines import (
    is_to_replace,
    read_baseline_asked_for,
    reference_asked_for,
    replace_baseline,
)
from robaudit.commands.evaluation import check_attacks, exit_code, print_verdict
from robaudit.commands.from_options import (
    make_attack_plan,
    make_search_plan,
    open_classifier,
    preprocessing_request,
    read_data,
)
from robaudit.commands.gates import attacks_asked, check_gated_classes, check_gates
from robaudit.commands.judging import judge
from robaudit.commands.outputs import check_outputs, draw_outputs, tell_host, write_outputs
from robaudit.commands.replacing import COMPARISON, check_replacing
from robaudit.commands.results import audit_files
from robaudit.commands.supervision import tell_saving
from robaudit.commands.terminal import ProgressDisplay, error_console, text_layout
from robaudit.errors import RobauditError
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
    before = read_baseline_asked_for(options, real=images is not None)
    check_gates(
        options.gates,
        real=images is not None,
        labelled=labelled,
        baseline=before is not None,
        attacks=attacks_asked(options, before),
    )
    classifier = open_classifier(options, images)
    check_gated_classes(options.gates, classifier.spec, images)
    if not options.force:
        check_replacing(options.out, classifier)
    plan = make_search_plan(options, classifier.spec, before)
    attacks = make_attack_plan(options, classifier.spec, before)
    if not options.quiet:
        announcement = announce(
            classifier, len(images) if images else None, plan, attacks, decide=options.decide
        )
        sys.stderr.write(f"{announcement}\n" if announcement else "")
    with ProgressDisplay(error_console(), quiet=options.quiet) as progress:
        audit = scan(
            classifier,
            images,
            plan=plan,
            preprocessing=preprocessing_request(options),
            reference=reference_asked_for(options, before),
            attacks=attacks,
            decide=[gate for gate in options.gates if gate.is_plain] if options.decide else None,
            randomised=options.randomised,
            batch_size=options.batch_size,
            memory=options.memory,
            progress=progress,
        )
    interrupted = audit.assessment is not None and audit.assessment.interrupted
    if interrupted:
        tell_saving()
    findings, refusal = findings_of(audit), None
    judged = findings.audit_record
    try:
        if not interrupted:
            check_attacks(audit.assessment, options)
            judged = judge(options, findings, audit.looks, before)
    except RobauditError as error:  # what was found is kept all the same, without a verdict
        refusal = error
    record = as_plain(judged)
    refused = interrupted or refusal is not None
    outputs = draw_outputs(options, record, audit, refused=refused)
    written = write_files(options.out, audit_files(audit, record), outdated=(*_FILES, COMPARISON))
    written += write_outputs(outputs)
    if is_to_replace(judged):
        judged_findings = replace(findings, audit_record=judged)
        written.append(replace_baseline(options.baseline, audit, judged_findings, record))
    if options.quiet:
        print_verdict(judged)
    else:
        sys.stdout.write(report_named("text").render(record, text_layout(Console())))
        sys.stdout.write("".join(f"{path}\n" for path in written))
    if interrupted:
        return ExitCode.INTERRUPTED
    if refusal is not None:
        raise refusal
    tell_host(record)
    return exit_code(judged)
