"""What several commands make of their options: images, classifiers, plans."""

import argparse
import hashlib
import sys
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from robaudit.attacks.assessment import AttackPlan
from robaudit.attacks.catalogue import STAND_INS, default_attack, parse_attack, suite
from robaudit.attacks.curves import default_strengths
from robaudit.attacks.to_precision import is_of_attacks
from robaudit.commands.baselines import attacks_of_baseline, plan_of_baseline
from robaudit.commands.options.groups import SEARCH
from robaudit.commands.options.hardening import EXAMPLES, MIXTURE, TRAINING, TRAINING_SEARCH
from robaudit.commands.options.option import plan_fields
from robaudit.commands.supervision import limited_opening, tell_work
from robaudit.data.class_names import read_class_names
from robaudit.data.files import read_images, split_names
from robaudit.data.images import Images
from robaudit.data.parts import usual_part
from robaudit.errors import UsageError
from robaudit.hardening.abilities import fitted
from robaudit.hardening.plan import HardeningPlan, hardening_preset
from robaudit.opening import OpenOptions, trial_inputs
from robaudit.phrases import printable
from robaudit.preprocessing.candidates import PreprocessingRequest
from robaudit.preprocessing.opened import open_for
from robaudit.record.findings import Findings
from robaudit.record.schema.numbers import given
from robaudit.search.plan import SearchPlan, preset, shared_preset
from robaudit.types import Classifier, InputSpec

_ALL = 10**7


def data_path(options: argparse.Namespace) -> Path | None:
    """Find the data: the file given, or the one beside the model, or none."""
    path: Path | None = options.data
    if path is None:
        model = Path(options.model)
        if not model.name:  # the folder that one is in
            return None
        beside = model.with_suffix(".npz")
        return beside if model.exists() and beside.is_file() else None
    return path


def read_data(options: argparse.Namespace) -> Images | None:
    """Read the images to audit on: those given, or those beside the model, or none."""
    path = data_path(options)
    if path is None:
        for name in ("split", "labels"):
            if getattr(options, name) is not None:
                raise UsageError(f"--{name} without --data", expected="--data FILE")
        return None
    return read_part(options, path, options.split, options.labels)


def read_part(
    options: argparse.Namespace, path: Path, split: str | None, labels: Path | None = None
) -> Images:
    """Read one part of a file of images."""

    def tell(what: str) -> None:
        if not options.quiet:
            sys.stderr.write(f"{printable(what)}\n")
        tell_work(what, said=not options.quiet)

    tell_work("reading the data")
    return read_images(
        path,
        split=split,
        labels=labels,
        pixel_range=options.pixel_range,
        image_size=options.image_size,
        background=options.background,
        ignore_exif=options.ignore_exif,
        tell=tell,
    )


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
    for part in ("test", "val"):
        if part in parts and usual_part(split or "") != part:
            return train, read_part(options, path, part)
    return train, None


def read_validation_data(options: argparse.Namespace) -> Images | None:
    """Read the images to choose by, where they are not to be held out: the part for it, if any."""
    path: Path | None = options.validation_data
    if path is None:
        return None
    return read_part(options, path, "val" if "val" in split_names(path) else None)


def open_classifier(options: argparse.Namespace, images: Images | None) -> Classifier:
    """Open the model as the options, and the data, say."""
    how = OpenOptions(
        device=options.device,
        output=options.score_output,
        scores=options.scores,
        input_shape=options.input_shape,
        factory=options.factory,
        weights=options.weights,
        trust=options.trust_model,
    )
    tell_work("opening the model")
    with limited_opening():
        classifier = open_for(options.model, images, how)
        with suppress(Exception):  # what is wrong with it is said where it is used
            classifier.predict(trial_inputs(classifier.spec.shape)[:1])
    if options.class_names is None:
        return classifier
    names = read_class_names(options.class_names)
    return replace(classifier, spec=replace(classifier.spec, class_names=names))


def code_of(options: argparse.Namespace) -> dict[str, tuple[str, str | None]] | None:
    """Give what is known of code that may make the model: options, and the SHA-256 of their files.

    ``None`` where none does, so that its file says all of it.
    """
    named = {name: getattr(options, name) for name in ("model", "factory", "weights")}
    if not options.factory and not options.trust_model and Path(options.model).is_file():
        return None
    return {name: (str(value), _sha256(value)) for name, value in named.items() if value}


def _sha256(name: str | Path) -> str | None:
    """Give the SHA-256 of a file: itself, that of path.py:function, or of package.module:name."""
    module, _, _ = str(name).partition(":")
    if not Path(name).is_file() and not Path(module).is_file():
        with suppress(ImportError, ValueError):
            found = find_spec(module)
            module = found.origin or "" if found is not None else ""
    for path in (Path(name), Path(module)):
        if path.is_file():
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
    return None


def preprocessing_request(options: argparse.Namespace) -> PreprocessingRequest:
    """Give what the user says of the preprocessing."""
    exchanged = None if options.layout is None else options.layout == "WH"
    return PreprocessingRequest(options.mean, options.std, options.channels, exchanged)


def make_search_plan(
    options: argparse.Namespace, spec: InputSpec, before: Findings | None = None
) -> SearchPlan:
    """Make the plan of the effort asked for, with what was asked for beside it.

    Directions that are asked for by their number alone are those of all samples. Where there
    is a baseline, ``before``, its plan is the usual one.
    """
    if before is not None and (plan := plan_of_baseline(options, before)) is not None:
        return plan
    asked = plan_fields(options, SEARCH)
    shared = "directions" in asked and "own_directions" not in asked
    make = shared_preset if shared else preset
    plan = make(options.effort, spec, seed=options.seed)
    if "precision" in asked:  # as many as there are, unless fewer were asked for
        each = plan.own_directions if is_of_attacks(asked["precision"]) else None
        plan = replace(plan, samples=_ALL, own_directions=each)
    elif getattr(options, "decide", False):
        plan = replace(plan, samples=_ALL)
    return replace(plan, **asked)


def make_hardening_plan(options: argparse.Namespace, classifier: Classifier) -> HardeningPlan:
    """Make the plan of the effort asked for, with what was asked for beside it.

    What was not asked for, and the classifier cannot do, is not in it. Raises UsageError for a
    part of mixed batches, a compensation, or an adversary, where there is no use for it.
    """
    _check_of_use(options)
    spec = classifier.spec
    plan = hardening_preset(options.effort, spec, seed=options.seed, method=options.method)
    plan = fitted(classifier, plan)
    asked = {**plan_fields(options, SEARCH), **plan_fields(options, TRAINING_SEARCH)}
    kept = {"samples": plan.search.samples, "own_directions": None, "precision": None}
    search = replace(plan.search, **{**asked, **kept, **plan_fields(options, TRAINING_SEARCH)})
    adversary = getattr(options, "adversary", None)
    if adversary is not None:  # with the budget that was asked for
        own = replace(plan, adversary=parse_attack(adversary, spec))
        plan = replace(own, reach_of_adversary=0.0, budget_halvings=0)
    return replace(
        plan,
        search=search,
        mixture=replace(plan.mixture, **plan_fields(options, MIXTURE)),
        **plan_fields(options, (*TRAINING, *EXAMPLES)),
    )


def _check_of_use(options: argparse.Namespace) -> None:
    for option in MIXTURE:
        if options.method != "combined" and getattr(options, option.destination, None) is not None:
            raise UsageError(
                f"{option.flag} with --method {options.method}",
                expected="--method combined, whose batches are of several kinds",
            )
    if options.method != "feedback" and getattr(options, "compensation", None) is not None:
        raise UsageError(
            f"--compensation with --method {options.method}, which has as many of every class",
            expected="--method feedback",
        )
    keep = getattr(options, "keep", None)
    attacks = options.method in {"adversarial", "combined"} or keep == "line"
    if not attacks and getattr(options, "adversary", None) is not None:
        raise UsageError(
            f"--adversary with --method {options.method}, which attacks nothing",
            expected="--method combined"
            + (" or adversarial, or --keep line, which judges by it" if "keep" in options else ""),
        )


def make_attack_plan(
    options: argparse.Namespace, spec: InputSpec, before: Findings | None = None
) -> AttackPlan | None:
    """Make the plan of the attacks asked for; one named twice is run as it was named last.

    Those named are required. The small suites have stand-ins where gradients are lacking.
    Attacks cost more than rays: of a search that goes by its effort alone they take fewer samples.
    Where there is a baseline, ``before``, and no attack is named, they are those that it ran.
    """
    if before is not None and not {"attacks", "attack"} & options.given:
        return attacks_of_baseline(options, before)
    single = [parse_attack(text, spec) for text in options.attack]
    named = frozenset(attack.name for attack in single)
    chosen = (attack for attack in suite(options.attacks, spec) if attack.name not in named)
    attacks = (*chosen, *single)
    if not attacks and not options.measure:
        return None
    stand_ins = STAND_INS if options.attacks in ("quick", "paper") else ()
    usual = default_strengths(spec) if options.attacks in ("paper", "full") else ()
    few = shared_preset(options.effort, spec).samples if options.samples is None else None
    if is_of_attacks(getattr(options, "precision", None)):
        few = None  # as many as that takes
    if before is not None and (of_before := given(before.audit_record.attack_plan, None)):
        few = of_before.samples
    return AttackPlan(
        attacks,
        options.attack_samples or few,
        options.strengths or usual,
        stand_ins=tuple(default_attack(name, spec) for name in stand_ins if name not in named),
        required=named,
        measures=tuple(options.measure),
    )
