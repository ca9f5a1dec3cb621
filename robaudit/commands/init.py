"""``robaudit init``: settings and gates that a model passes today, in a file."""

import argparse
import sys
from pathlib import Path

from robaudit.attacks.assessment import reasons
from robaudit.audit import Audit, scan
from robaudit.commands import ExitCode
from robaudit.commands.announcement import announce
from robaudit.commands.from_options import (
    data_path,
    make_attack_plan,
    make_search_plan,
    open_classifier,
    preprocessing_request,
    read_data,
)
from robaudit.commands.starting_file import starting_file
from robaudit.commands.terminal import ProgressDisplay, error_console
from robaudit.errors import ClassifierError, UsageError
from robaudit.record.findings import findings_of
from robaudit.storage.files import check_folder, write_files
from robaudit.verdict.starting import starting_gates


def run(options: argparse.Namespace) -> ExitCode:
    """Run the command."""
    path: Path = options.config
    _check_file(path, overwrite=options.force)
    audit = _audit(options)
    assessment = audit.assessment
    if assessment is not None and assessment.interrupted:
        return ExitCode.INTERRUPTED
    if assessment is not None and assessment.missing and not options.allow_skipped:
        raise ClassifierError(
            f"did not run: {reasons(assessment.missing)}",
            expected="the attacks that were asked for",
            advice="Leave them out, `attacks=none`, or write the rest with --allow-skipped.",
        )
    findings = findings_of(audit)
    content = starting_file(options, findings.audit_record, starting_gates(findings))
    write_files(path.parent, {path.name: lambda file: file.write(content.encode())})
    if not options.quiet:
        sys.stdout.write(f"{path}\n")
    return ExitCode.OK


def _check_file(path: Path, *, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise UsageError(
            f"{path} is there already",
            expected="a new file",
            advice="Name another with `config`, or overwrite it with `force`.",
        )
    check_folder(path.parent, [path.name])


def _audit(options: argparse.Namespace) -> Audit:
    if data_path(options) is None:
        raise UsageError(
            "no data: gates hold on real inputs alone", expected="`data`, images like those to come"
        )
    images = read_data(options)
    classifier = open_classifier(options, images)
    plan = make_search_plan(options, classifier.spec)
    attacks = make_attack_plan(options, classifier.spec)
    count = len(images) if images else None
    said = None if options.quiet else announce(classifier, count, plan, attacks)
    sys.stderr.write(f"{said}\n" if said else "")
    with ProgressDisplay(error_console(), quiet=options.quiet) as progress:
        return scan(
            classifier,
            images,
            plan=plan,
            preprocessing=preprocessing_request(options),
            attacks=attacks,
            batch_size=options.batch_size,
            progress=progress,
        )
