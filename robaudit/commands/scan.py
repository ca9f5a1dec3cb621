"""``robaudit scan``: margins, inequality and a report from a model and images."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from rich.console import Console

from robaudit.attacks.assessing import AttackPlan
from robaudit.attacks.catalogue import parse_attack, suite
from robaudit.attacks.curves import default_strengths
from robaudit.audit import scan
from robaudit.commands import ExitCode
from robaudit.data import read_class_names, read_images, with_class_names
from robaudit.errors import UsageError
from robaudit.gates import Verdict, check_gates, judge
from robaudit.images import Images
from robaudit.opening import OpenOptions
from robaudit.plan import SearchPlan, preset
from robaudit.plugins import TextLayout, load, report_named
from robaudit.preparing import PreprocessingRequest
from robaudit.record import make_record, to_json
from robaudit.terminal import ProgressDisplay, text_layout
from robaudit.types import Classifier
from robaudit.writing import Writer, check_folder, write_attacks, write_files, write_rays

_FILES = ("rays.npz", "report.html", "audit.json")
_ATTACKS = "attacks.npz"


def run(options: argparse.Namespace) -> ExitCode:
    """Run the command."""
    check_folder(options.out, (*_FILES, _ATTACKS))
    images = _read_data(options)
    check_gates(options.fail_under, labelled=images is not None and images.labels is not None)
    classifier = _open(options, images)
    plan = _make_plan(options, classifier)
    with ProgressDisplay(Console(stderr=True), quiet=options.quiet) as progress:
        audit = scan(
            classifier,
            images,
            plan=plan,
            preprocessing=PreprocessingRequest(options.mean, options.std, options.channels),
            reference=options.reference,
            attacks=_make_attack_plan(options, classifier),
            batch_size=options.batch_size,
            progress=progress,
        )
    record = make_record(audit)
    verdicts = [judge(record, gate) for gate in options.fail_under]
    record = {**record, "gates": [asdict(verdict) for verdict in verdicts]}
    html = report_named("html").render(record, TextLayout())
    writers: tuple[Writer, ...] = (
        lambda file: write_rays(audit, file),
        lambda file: file.write(html.encode()),
        lambda file: file.write((to_json(record) + "\n").encode()),
    )
    files = dict(zip(_FILES, writers, strict=True))
    if audit.assessment is not None:
        files = {_ATTACKS: lambda file: write_attacks(audit, file), **files}
    written = write_files(options.out, files)
    if not options.quiet:
        sys.stdout.write(report_named("text").render(record, text_layout(Console())))
        sys.stdout.write("".join(f"{path}\n" for path in written))
    if audit.assessment is not None and audit.assessment.interrupted:
        return ExitCode.INTERRUPTED
    return _exit_code(verdicts)


def _read_data(options: argparse.Namespace) -> Images | None:
    """Read the images to audit on: those given, or those beside the model, or none."""
    path = options.data
    if path is None:
        model = Path(options.model)
        beside = model.with_suffix(".npz")
        if not (model.exists() and beside.is_file()):
            for name in ("split", "labels"):
                if getattr(options, name) is not None:
                    raise UsageError(f"--{name} without --data", expected="--data FILE")
            return None
        path = beside
    images = read_images(
        path,
        split=options.split,
        labels=options.labels,
        pixel_range=options.pixel_range,
        image_size=options.image_size,
    )
    if options.class_names is None:
        return images
    return with_class_names(images, read_class_names(options.class_names))


def _open(options: argparse.Namespace, images: Images | None) -> Classifier:
    classifier = load(
        options.model,
        OpenOptions(
            device=options.device,
            output=options.score_output,
            scores=options.scores,
            input_shape=options.input_shape,
            image_shape=None if images is None else images.image_shape,
            classes=_class_count(images),
            factory=options.factory,
            trust=options.trust_model,
        ),
    )
    if options.class_names is None:
        return classifier
    names = read_class_names(options.class_names)
    return replace(classifier, spec=replace(classifier.spec, class_names=names))


def _class_count(images: Images | None) -> int | None:
    """Tell how many classes the data has, as far as it says."""
    if images is None:
        return None
    if images.class_names is not None:
        return len(images.class_names)
    return None if images.labels is None else int(images.labels.max()) + 1


def _make_plan(options: argparse.Namespace, classifier: Classifier) -> SearchPlan:
    """Make the plan of the effort asked for, with what was asked for beside it."""
    plan = preset(options.effort, classifier.spec, seed=options.seed)
    names = ("samples", "directions", "signs", "step", "steps")
    asked = {name: value for name in names if (value := getattr(options, name)) is not None}
    return replace(plan, **asked, clip=not options.no_clip, strategy=options.search)


def _make_attack_plan(options: argparse.Namespace, classifier: Classifier) -> AttackPlan | None:
    """Make the plan of the attacks asked for; one named twice is run as it was named last."""
    spec = classifier.spec
    chosen = {attack.name: attack for attack in suite(options.attacks, spec)}
    single = [parse_attack(text, spec) for text in options.attack]
    attacks = (*(one for one in chosen.values() if one.name not in {a.name for a in single}),)
    attacks = (*attacks, *single)
    if not attacks:
        return None
    usual = default_strengths(spec) if options.attacks in ("paper", "full") else ()
    return AttackPlan(attacks, options.attack_samples, options.strengths or usual)


def _exit_code(verdicts: Sequence[Verdict]) -> ExitCode:
    outcomes = {verdict.outcome for verdict in verdicts}
    if "failed" in outcomes:
        return ExitCode.GATE_FAILED
    return ExitCode.INCONCLUSIVE if "inconclusive" in outcomes else ExitCode.OK
