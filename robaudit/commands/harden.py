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
from robaudit.commands.from_options import (
    data_path,
    make_attack_plan,
    make_hardening_plan,
    make_search_plan,
    open_classifier,
    preprocessing_request,
    read_part,
)
from robaudit.commands.results import audit_files, comparison_files, comparison_text
from robaudit.comparing import compare, findings_of
from robaudit.data import split_names
from robaudit.errors import ClassifierError, UsageError
from robaudit.example_files import write_examples
from robaudit.hardening.retraining import why_not_trainable
from robaudit.hardening_record import cautions_on_hardening, hardening_record
from robaudit.images import Images
from robaudit.record import make_record
from robaudit.repair import Hardening, harden
from robaudit.terminal import ProgressDisplay, text_layout
from robaudit.types import Classifier
from robaudit.writing import Writer, check_folder, write_files

_EXAMPLES = "examples.npz"
_AUDIT = ("audit.json", "report.html", "rays.npz", "attacks.npz")


def run(options: argparse.Namespace) -> ExitCode:
    """Run the command."""
    model = f"hardened{Path(options.model).suffix}"
    for folder, names in (
        (options.out, (model, _EXAMPLES, "report.html", "comparison.json")),
        *((options.out / part, _AUDIT) for part in ("before", "after")),
    ):
        check_folder(folder, names, overwrite=options.force)
    train, test = read_training_data(options)
    classifier = open_classifier(options, train)
    _check_trainable(classifier, options)
    with ProgressDisplay(Console(stderr=True), quiet=options.quiet) as progress:
        hardening = harden(
            classifier,
            train,
            test,
            plan=make_hardening_plan(options, classifier.spec),
            audit_plan=make_search_plan(options, classifier.spec),
            preprocessing=preprocessing_request(options),
            attacks=make_attack_plan(options, classifier.spec),
            seeds=options.seeds,
            batch_size=options.batch_size,
            progress=progress,
        )
    written = _write(hardening, model, options)
    if not options.quiet:
        sys.stdout.write("".join(f"{path}\n" for path in written))
    interrupted = any(
        audit.assessment is not None and audit.assessment.interrupted
        for audit in (hardening.before, hardening.after)
    )
    return ExitCode.INTERRUPTED if interrupted else ExitCode.OK


def read_training_data(options: argparse.Namespace) -> tuple[Images, Images | None]:
    """Read the images to train on, and those to test on where they are not to be held out."""
    path = data_path(options)
    if path is None:
        raise UsageError("no --data", expected="--data FILE, labelled images to train on")
    parts = split_names(path)
    split = options.split or ("train" if parts else None)
    train = read_part(options, path, split, options.labels)
    if getattr(options, "test_data", None) is not None:
        return train, read_part(options, options.test_data, None)
    if "test" in parts and split != "test":
        return train, read_part(options, path, "test")
    return train, None


def _check_trainable(classifier: Classifier, options: argparse.Namespace) -> None:
    """Raise an error that says what to do instead, before any work is done."""
    if classifier.train is None or classifier.save is None:
        raise ClassifierError(
            why_not_trainable(classifier)
            if classifier.train is None
            else f"{classifier.name} cannot be saved through its adapter",
            expected="a model that can be trained",
            advice=f"robaudit examples {options.model} writes the examples to train it on "
            "elsewhere, and robaudit compare tells what that gave.",
        )


def _write(hardening: Hardening, model: str, options: argparse.Namespace) -> list[Path]:
    """Write everything; the comparison comes last, so that where it is all is there."""
    examples = [one.examples for one in hardening.run.rounds if one.examples is not None]
    files: dict[str, Writer] = {}
    content, digest = _saved(hardening.run.classifier, model)
    files[model] = lambda file: file.write(content)
    if examples:
        kept = hardening.run.kept
        used = examples[-1 if kept is None else kept.round - 1]
        files[_EXAMPLES] = lambda file: write_examples(used, hardening.training, file)
    before, after = hardening.before, _named(hardening.after, model, digest)
    records = {"before": make_record(before), "after": make_record(after)}
    section = hardening_record(
        hardening,
        options.command_line,
        {"model": model, **({"examples": _EXAMPLES} if examples else {})},
    )
    comparison = compare(
        findings_of(before, records["before"]),
        findings_of(after, records["after"]),
        hardening=section,
        warnings=cautions_on_hardening(hardening),
    )
    written = []
    for name, audit in (("before", before), ("after", after)):
        written += write_files(options.out / name, audit_files(audit, records[name]))
    written += write_files(options.out, {**files, **comparison_files(comparison)})
    if not options.quiet:
        sys.stdout.write(comparison_text(comparison, text_layout(Console())))
    return written


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
