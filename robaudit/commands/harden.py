"""``robaudit harden``: a more robust model in the format that came in, and what changed."""

import argparse
import hashlib
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from robaudit.audit import Audit
from robaudit.commands import ExitCode
from robaudit.commands.announcement import announce_hardening
from robaudit.commands.evaluation import check_attacks, exit_code, print_verdict
from robaudit.commands.from_options import (
    make_attack_plan,
    make_hardening_plan,
    make_search_plan,
    open_classifier,
    preprocessing_request,
    read_training_data,
    read_validation_data,
)
from robaudit.commands.gates import attacks_asked, check_gated_classes, check_gates
from robaudit.commands.harden_workers import harden_on_ray
from robaudit.commands.kept_work import KeptWork, kept_work
from robaudit.commands.outputs import check_outputs, draw_outputs, tell_host, write_outputs
from robaudit.commands.partial_results import FOLDER as PARTIAL
from robaudit.commands.partial_results import clear_partial
from robaudit.commands.ray_engine.cluster import check_ray
from robaudit.commands.results import audit_files, comparison_files, comparison_text
from robaudit.commands.supervision import stopping, tell_saving
from robaudit.commands.terminal import ProgressDisplay, error_console, text_layout
from robaudit.comparison.comparison import describe_comparison
from robaudit.data.images import Images
from robaudit.errors import ClassifierError, RobauditError
from robaudit.hardening.abilities import check_trainable
from robaudit.hardening.elsewhere import make_feedback_examples
from robaudit.hardening.harden import Hardening, harden
from robaudit.hardening.plan import HardeningPlan
from robaudit.hardening.stopped import HardeningStopped
from robaudit.hardening.write import write_example_images, write_rounds, write_split
from robaudit.plugins import report_named
from robaudit.record.audit_record import describe_audit
from robaudit.record.findings import findings_of
from robaudit.record.hardening_record import cautions_on_hardening, hardening_record
from robaudit.record.partial_hardening import describe_stopped
from robaudit.record.plain import as_plain
from robaudit.record.schema.comparison import ComparisonRecord
from robaudit.storage.files import Sealed, Writer, check_folder, write_files
from robaudit.types import Classifier, Progress
from robaudit.verdict.compared import judge_comparison

_EXAMPLES, _SPLIT = "examples.npz", "split.npz"
_OWN = (_EXAMPLES, _SPLIT, "report.html", "comparison.json")
_AUDIT = ("audit.json", "report.html", "rays.npz", "attacks.npz")
_PARTS = ("before", "after")


def run(options: argparse.Namespace) -> ExitCode:
    """Run the command."""
    model = _name_of_model(options.model)
    for folder, names in (
        (options.out, (model, *_OWN)),
        *((options.out / part, _AUDIT) for part in _PARTS),
    ):
        check_folder(folder, names, overwrite=options.force)
    check_outputs(options, (model, *_OWN))
    if options.engine != "local":
        check_ray()
    with kept_work(options) as work:
        return _run(options, model, work)


def _run(options: argparse.Namespace, model: str, work: KeptWork) -> ExitCode:
    train, test = read_training_data(options)
    validation = read_validation_data(options)
    check_gates(
        options.gates,
        real=True,
        labelled=True,
        baseline=True,
        attacks=attacks_asked(options),
        measures=options.measure,
    )
    classifier = open_classifier(options, train)
    check_gated_classes(options.gates, classifier.spec, train)
    plan = make_hardening_plan(options, classifier)
    audit_plan = make_search_plan(options, classifier.spec)
    attacks = make_attack_plan(options, classifier.spec)
    if classifier.train is not None and not options.quiet:
        counts = (len(train), len(test) if test else None)
        said = announce_hardening(
            classifier,
            *counts,
            plan,
            audit_plan,
            attacks,
            options.seeds,
            len(validation) if validation else None,
        )
        sys.stderr.write(f"{said}\n" if said else "")
    with ProgressDisplay(error_console(), quiet=options.quiet) as progress:
        try:
            check_trainable(classifier)
            _saved(classifier, model)  # what cannot be written is found out before the work
        except ClassifierError as error:
            raise _with_examples(error, classifier, train, plan, options, progress) from error
        work.begin()
        with stopping() as is_to_stop:
            blocks = work.blocks(classifier, train, is_to_stop).within(
                test=test, validation=validation
            )
            images, plans = (train, test, validation), (plan, audit_plan, attacks)
            harden_on_ray(options, classifier, images, plans, blocks, progress)
            try:
                hardening = harden(
                    classifier,
                    train,
                    test,
                    validation=validation,
                    plan=plan,
                    audit_plan=audit_plan,
                    preprocessing=preprocessing_request(options),
                    attacks=attacks,
                    seeds=options.seeds,
                    batch_size=options.batch_size,
                    progress=progress,
                    blocks=blocks,
                )
            except HardeningStopped as stopped:
                tell_saving()
                _tell_stopped(stopped, options)
                raise
    if hardening.interrupted:
        tell_saving()
    written, judged, refusal = _write(hardening, model, options)
    if options.quiet:
        print_verdict(judged)
    if not options.quiet:
        sys.stdout.write("".join(f"{path}\n" for path in written))
    if hardening.interrupted:
        return ExitCode.INTERRUPTED
    work.finish()
    if refusal is not None:
        raise refusal
    tell_host(as_plain(judged))
    return exit_code(judged)


def _tell_stopped(stopped: HardeningStopped, options: argparse.Namespace) -> None:
    """Write what there is of a hardening beside its results, and say it."""
    record = as_plain(describe_stopped(stopped))
    files = audit_files(stopped.before, record)
    written = write_files(options.out / PARTIAL, files, outdated=_AUDIT)
    if not options.quiet:
        sys.stdout.write(report_named("text").render(record, text_layout(Console())))
        sys.stdout.write("".join(f"{path}\n" for path in written))


def _name_of_model(source: str) -> str:
    """Name the hardened model, with the suffix that says its format."""
    suffixes = Path(source).suffixes[-2:]
    return "hardened" + "".join(suffixes if suffixes[:1] == [".weights"] else suffixes[-1:])


def _with_examples(
    error: ClassifierError,
    classifier: Classifier,
    train: Images,
    plan: HardeningPlan,
    options: argparse.Namespace,
    progress: Progress,
) -> ClassifierError:
    """Write the examples for a model that cannot be trained here; give the error to raise."""
    if not plan.needs_examples or plan.method == "continued":  # whose examples are plain samples
        return error
    made = make_feedback_examples(
        classifier,
        train,
        plan=plan,
        preprocessing=preprocessing_request(options),
        batch_size=options.batch_size,
        progress=progress,
    )
    files: dict[str, Writer] = {_EXAMPLES: lambda file: write_example_images(made, file)}
    (path,) = write_files(options.out, files)
    return ClassifierError(
        error.found,
        expected=error.expected,
        advice=f"{path} holds what to train it on elsewhere; robaudit compare tells what it gave.",
    )


def _write(
    hardening: Hardening, model: str, options: argparse.Namespace
) -> tuple[list[Path], ComparisonRecord, RobauditError | None]:
    """Write everything or nothing: the model, all that belongs to it, and the comparison."""
    run, source = hardening.run, Path(options.model)
    whole = not hardening.before.classifier.details.get("external_data")
    if run.kept is None and whole and source.is_file():
        content = source.read_bytes()  # the original itself is given back, not a copy of it
        digest = hashlib.sha256(content).hexdigest()
    else:
        content, digest = _saved(run.classifier, model)
    rounds = run.rounds[: run.kept.round] if run.kept else run.rounds
    examples = [part.examples for part in rounds if part.examples is not None]
    files: dict[str, Writer | Sealed] = {model: lambda file: file.write(content)}
    if examples:
        files[_EXAMPLES] = lambda file: write_rounds(examples, hardening.training, file)
    files[_SPLIT] = lambda file: write_split(hardening.split, file)
    audits = {"before": hardening.before, "after": _named(hardening.after, model, digest)}
    records = {name: describe_audit(audit) for name, audit in audits.items()}
    before, after = (findings_of(audits[name], records[name]) for name in _PARTS)
    described = describe_comparison(
        before,
        after,
        hardening=hardening_record(
            hardening,
            options.command_line,
            {"model": model, "split": _SPLIT, **({"examples": _EXAMPLES} if examples else {})},
        ),
        warnings=cautions_on_hardening(hardening),
    )
    judged, refusal = described, None
    try:
        if not hardening.interrupted:
            for audit in audits.values():
                check_attacks(audit.assessment, options)
            judged = judge_comparison(
                described,
                before,
                after,
                options.gates,
                file=str(options.model),
                fail_on_worse=options.fail_on == "worse",
                suppressions=options.suppressions,
            )
    except RobauditError as error:  # what was found is kept all the same, without a verdict
        refusal = error
    comparison = as_plain(judged)
    for name, audit in audits.items():
        for file, write in audit_files(audit, comparison[name]).items():
            files[f"{name}/{file}"] = write
    files |= comparison_files(comparison)
    outputs = draw_outputs(
        options, comparison, refused=hardening.interrupted or refusal is not None
    )
    known = [*_OWN, *(f"{part}/{name}" for part in _PARTS for name in _AUDIT)]
    written = write_files(options.out, files, outdated=known) + write_outputs(outputs)
    clear_partial(options.out, _AUDIT)
    if not options.quiet:
        sys.stdout.write(comparison_text(comparison, text_layout(Console())))
    return written, judged, refusal


def _saved(classifier: Classifier, name: str) -> tuple[bytes, str]:
    """Save a model where nobody sees it, and give what the file holds, and its SHA-256."""
    if classifier.save is None:
        raise ClassifierError(f"{classifier.name} cannot be saved", expected="a model that can")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        classifier.save(path)
        content = path.read_bytes()
    return content, hashlib.sha256(content).hexdigest()


def _named(audit: Audit, name: str, digest: str) -> Audit:
    """Give an audit's classifier the name and the fingerprint of its file."""
    changed: dict[str, Any] = {"name": name, "fingerprint": digest}
    classifier = replace(audit.classifier, **changed)
    return replace(audit, prepared=replace(audit.prepared, classifier=classifier))
