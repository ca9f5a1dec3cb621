"""``robaudit scan``: margins, inequality and a report from a model and images."""

import argparse
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from robaudit.attacks.assessment import AttackPlan
from robaudit.audit import Audit, scan
from robaudit.commands import ExitCode
from robaudit.commands.announcement import announce
from robaudit.commands.cached import cached_scan, tell_age
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
from robaudit.commands.results import audit_files, kept_files
from robaudit.commands.supervision import tell_saving
from robaudit.commands.terminal import ProgressDisplay, text_layout
from robaudit.data.images import Images
from robaudit.metrics.deciding import Looks
from robaudit.plugins import report_named
from robaudit.record.findings import Findings, findings_of
from robaudit.record.plain import as_plain
from robaudit.search.plan import SearchPlan
from robaudit.storage.files import Sealed, Writer, check_folder, write_files
from robaudit.types import Classifier

_FILES = ("rays.npz", "report.html", "audit.json", "attacks.npz")


def run(options: argparse.Namespace) -> ExitCode:
    """Run the command."""
    check_folder(options.out, _FILES)
    images = read_data(options)
    labelled = images is not None and images.labels is not None
    check_gates(options.fail_under, real=images is not None, labelled=labelled)
    classifier = open_classifier(options, images)
    plan = make_search_plan(options, classifier.spec)
    attacks = make_attack_plan(options, classifier.spec)
    cached = cached_scan(options, classifier, images, plan, attacks)
    with cached.kept() as kept:
        if kept is not None:
            tell_age(options, kept)
            return _judged(options, kept.findings, kept.looks, partial(kept_files, kept.files))[0]
    audit = _audit(options, classifier, images, plan, attacks)
    findings, assessment = findings_of(audit), audit.assessment
    interrupted = assessment is not None and assessment.interrupted
    if interrupted:
        tell_saving()
    code, written = _judged(options, findings, audit.looks, partial(audit_files, audit))
    if interrupted:
        return ExitCode.INTERRUPTED
    cached.keep(audit, findings, {path.name: path for path in written})
    if not options.allow_skipped:
        check_attacks(assessment, str(options.out))
    return code


def _audit(
    options: argparse.Namespace,
    classifier: Classifier,
    images: Images | None,
    plan: SearchPlan,
    attacks: AttackPlan | None,
) -> Audit:
    """Audit a model, after a word on how long that may take."""
    if not options.quiet:
        announcement = announce(
            classifier, len(images) if images else None, plan, attacks, decide=options.decide
        )
        sys.stderr.write(f"{announcement}\n" if announcement else "")
    with ProgressDisplay(Console(stderr=True), quiet=options.quiet) as progress:
        return scan(
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


def _judged(
    options: argparse.Namespace,
    findings: Findings,
    looks: Looks | None,
    files_of: Callable[[Mapping[str, Any]], dict[str, Writer | Sealed]],
) -> tuple[ExitCode, list[Path]]:
    """Hold what was found against gates, write it and say it; give the code, and the files."""
    judged = judge(options, findings, looks)
    record = as_plain(judged)
    written = write_files(options.out, files_of(record))
    if options.quiet:
        print_verdict(judged)
    else:
        sys.stdout.write(report_named("text").render(record, text_layout(Console())))
        sys.stdout.write("".join(f"{path}\n" for path in written))
    return exit_code(judged), written
