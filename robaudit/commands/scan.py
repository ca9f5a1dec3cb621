"""``robaudit scan``: margins, inequality and a report from a model and images."""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from robaudit.attacks.assessment import Assessment, AttackPlan
from robaudit.audit import Audit, Partial, scan
from robaudit.batches import Blocks, ShareDone
from robaudit.commands import ExitCode
from robaudit.commands.announcement import announce
from robaudit.commands.baselines import (
    is_to_replace,
    measures_asked,
    read_baseline_asked_for,
    reference_asked_for,
    replace_baseline,
)
from robaudit.commands.cached import cached_scan, tell_age
from robaudit.commands.evaluation import check_attacks, exit_code, print_verdict
from robaudit.commands.from_options import (
    make_attack_plan,
    make_search_plan,
    open_classifier,
    preprocessing_request,
    read_data,
)
from robaudit.commands.gates import (
    attacks_asked,
    check_gated_classes,
    check_gates,
    gates_to_decide,
)
from robaudit.commands.judging import judge
from robaudit.commands.kept_work import KeptWork, kept_work
from robaudit.commands.outputs import check_outputs, draw_outputs, tell_host, write_outputs
from robaudit.commands.partial_results import clear_partial, folder_of_partial
from robaudit.commands.replacing import COMPARISON, check_replacing
from robaudit.commands.results import audit_files, kept_files
from robaudit.commands.scan_workers import workers_for
from robaudit.commands.supervision import stopping, tell_saving
from robaudit.commands.terminal import ProgressDisplay, error_console, text_layout
from robaudit.data.images import Images
from robaudit.errors import RobauditError
from robaudit.metrics.deciding import Looks
from robaudit.plugins import report_named
from robaudit.record.findings import Findings, findings_of
from robaudit.record.plain import as_plain
from robaudit.record.schema.audit import AuditRecord
from robaudit.search.plan import Reference, SearchPlan
from robaudit.storage.files import Sealed, Writer, check_folder, write_files
from robaudit.storage.shard import Shard
from robaudit.types import Classifier

_FILES = ("rays.npz", "report.html", "audit.json", "attacks.npz")


def run(options: argparse.Namespace, shards: Sequence[Shard] = ()) -> ExitCode:
    """Run the command, or finish what was done in ``shards``."""
    if options.shard is not None and "out" not in options.given:
        options.out = Path(f"{options.out}-{options.shard.number}-of-{options.shard.of}")
    check_folder(options.out, _FILES)
    check_outputs(options, _FILES)
    with kept_work(options, shards) as work:
        try:
            return _run(options, work)
        except ShareDone:
            return _shared(options, work)


def _shared(options: argparse.Namespace, work: KeptWork) -> ExitCode:
    """Write down what a share did, and say so."""
    written = work.hand_over()
    if not options.quiet:
        share = options.shard
        sys.stdout.write("".join(f"{path}\n" for path in written))
        sys.stdout.write(
            f"shard {share.number} of {share.of} is done; what follows needs the others: "
            "robaudit merge DIR... puts them together\n"
        )
    return ExitCode.OK


def _run(options: argparse.Namespace, work: KeptWork) -> ExitCode:
    images = work.as_named_in_shards(read_data(options))
    labelled = images is not None and images.labels is not None
    before = read_baseline_asked_for(options, real=images is not None)
    check_gates(
        options.gates,
        real=images is not None,
        labelled=labelled,
        baseline=before is not None,
        attacks=attacks_asked(options, before),
        measures=measures_asked(options, before),
    )
    workers, started = workers_for(options), time.monotonic()
    classifier = open_classifier(options, images)
    seconds_to_open = time.monotonic() - started
    check_gated_classes(options.gates, classifier.spec, images)
    if not options.force:
        check_replacing(options.out, classifier, options.model)
    plan = make_search_plan(options, classifier.spec, before)
    attacks = make_attack_plan(options, classifier.spec, before)
    work.begin()  # what never answers, or ends the process, has left nothing behind by now
    cached = cached_scan(options, classifier, images, plan, attacks, before)
    reference = reference_asked_for(options, before)
    with stopping() as is_to_stop:
        blocks = work.blocks(
            classifier,
            images,
            is_to_stop,
            plan=plan,
            attacks=attacks,
            preprocessing=preprocessing_request(options),
            reference=reference,
        )
        with cached.kept() as kept:
            if kept is not None:
                tell_age(options, kept)
                files_of = partial(kept_files, kept.files)
                found = _Found(kept.findings, kept.looks, files_of)
                return _ended(found, work, *_tell(options, found, before, images))
        work_on = (classifier, images, plan, attacks, reference, blocks)
        workers.work(options, *work_on, seconds_to_open)
        audit = _audit(options, *work_on)
        if audit.partial is not None:
            tell_saving()
        findings = findings_of(audit)
        files_of = partial(audit_files, audit)
        found = _Found(findings, audit.looks, files_of, audit.assessment, audit.partial)
        told = _tell(options, found, before, images)
    if audit.partial is None:
        cached.keep(audit, findings, options.out)
    return _ended(found, work, *told)


@dataclass(frozen=True)
class _Found:
    """What an audit found, how its files are written, and what became of its attacks."""

    findings: Findings
    looks: Looks | None
    files_of: Callable[[Mapping[str, Any]], dict[str, Writer | Sealed]]
    assessment: Assessment | None = None
    partial: Partial | None = None

    @property
    def interrupted(self) -> bool:
        return self.partial is not None


def _audit(
    options: argparse.Namespace,
    classifier: Classifier,
    images: Images | None,
    plan: SearchPlan,
    attacks: AttackPlan | None,
    reference: Reference | None,
    blocks: Blocks,
) -> Audit:
    """Audit a model, after a word on how long that may take."""
    if not options.quiet:
        announcement = announce(
            classifier, len(images) if images else None, plan, attacks, decide=options.decide
        )
        sys.stderr.write(f"{announcement}\n" if announcement else "")
    with ProgressDisplay(error_console(), quiet=options.quiet) as progress:
        return scan(
            classifier,
            images,
            plan=plan,
            preprocessing=preprocessing_request(options),
            reference=reference,
            attacks=attacks,
            decide=gates_to_decide(options),
            randomised=options.randomised,
            batch_size=options.batch_size,
            memory=options.memory,
            progress=progress,
            blocks=blocks,
        )


def _tell(
    options: argparse.Namespace, found: _Found, before: Findings | None, images: Images | None
) -> tuple[AuditRecord, RobauditError | None]:
    """Hold what was found against gates and a baseline; write it down, and say it.

    Gives the record, and why there is no verdict where that is refused.
    """
    judged, refusal = found.findings.audit_record, None
    try:
        if not found.interrupted:
            check_attacks(found.assessment, options)
            judged = judge(options, found.findings, found.looks, before)
    except RobauditError as error:  # what was found is kept all the same, without a verdict
        refusal = error
    record = as_plain(judged)
    files = found.files_of(record)
    outputs = draw_outputs(
        options,
        record,
        found.findings,
        images.files if images else None,
        refused=found.interrupted or refusal is not None,
    )
    folder = folder_of_partial(options.out) if found.interrupted else options.out
    written = write_files(folder, files, outdated=(*_FILES, COMPARISON))
    if not found.interrupted:
        clear_partial(options.out, _FILES)
    written += write_outputs(outputs)
    if is_to_replace(judged):
        findings = replace(found.findings, audit_record=judged)
        written.append(replace_baseline(options.baseline, files, findings))
    if options.quiet:
        print_verdict(judged)
    else:
        sys.stdout.write(report_named("text").render(record, text_layout(Console())))
        sys.stdout.write("".join(f"{path}\n" for path in written))
    return judged, refusal


def _ended(
    found: _Found, work: KeptWork, judged: AuditRecord, refusal: RobauditError | None
) -> ExitCode:
    if found.interrupted:
        raise KeyboardInterrupt
    work.finish()
    if refusal is not None:
        raise refusal
    tell_host(as_plain(judged))
    return exit_code(judged)
