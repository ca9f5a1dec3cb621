"""The part of a comparison that says how the hardened model came to be."""

import math
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from robaudit.attacks.run import robust_accuracy
from robaudit.audit import Audit
from robaudit.hardening.examples import ClassSelection
from robaudit.hardening.harden import Hardening
from robaudit.hardening.retraining import Epoch, Round, Run
from robaudit.hardening.validation import Judgement
from robaudit.types import InputSpec

_FEW_SAMPLES = 10
_FAR = 0.05
"""An accuracy that is so much lower on validation images than on test images is odd."""


def hardening_record(
    hardening: Hardening, command: str, files: Mapping[str, str]
) -> dict[str, Any]:
    """Write down a hardening: its plan, each run of it, and the spread over seeds.

    ``command`` is what was typed, ``files`` the names of the model and its examples.
    """
    run, training, test = hardening.run, hardening.training, hardening.before.prepared.images
    spec = hardening.before.classifier.spec
    return {
        "method": hardening.plan.method,
        "plan": {**hardening.plan.described(), "seeds": len(hardening.runs)},
        "command": command,
        "outcome": outcome(hardening),
        "kept": None if run.kept is None else {"seed": run.seed, **asdict(run.kept)},
        "data": {
            "source": training.images.source,
            "sha256": training.images.sha256,
            "train": len(training.x),
            "validation": len(hardening.split.validation),
            "test": len(test),
            "test_source": f"{test.source}, {test.split}" if test.split else test.source,
        },
        "runs": [_run(one, spec) for one in hardening.runs],
        "spread": list(_spread(hardening)) if len(hardening.runs) > 1 else [],
        "files": dict(files),
    }


def outcome(hardening: Hardening) -> str:
    """Say in a sentence which epoch was kept, or why the original model is given back."""
    run, plan = hardening.run, hardening.plan
    drop = f"{100 * plan.max_accuracy_drop:g} points of accuracy"
    if run.kept is not None:
        where = f"epoch {run.kept.epoch}"
        if plan.rounds > 1:
            where += f" of round {run.kept.round}"
        if len(hardening.runs) > 1:
            where += f" from seed {run.seed}"
        if plan.keep == "last":
            return f"Kept is {where}, the last one."
        return (
            f"Kept is {where}: of those that lost no more than {drop} on validation images, the "
            f"one with the largest mean margin there, {run.best.restricted_mean:.3f}; before it "
            f"was {run.original.restricted_mean:.3f}."
        )
    epochs = [one for each in hardening.runs for part in each.rounds for one in part.epochs]
    if not any(one.within for one in epochs):
        why = f"every epoch lost more than {drop} on validation images"
    else:
        why = f"no epoch that lost no more than {drop} had larger margins on validation images"
    return f"The original model is given back: {why}."


def cautions_on_hardening(hardening: Hardening) -> list[str]:
    """List what speaks against the result: no gain, few validation images, few examples."""
    found = []
    if hardening.run.kept is None:
        found.append(
            outcome(hardening)
            + " More training images, more epochs, another --learning-rate, a smaller --strength "
            "or a larger --max-accuracy-drop may help."
        )
    images = len(hardening.split.validation)
    if 2 / images > hardening.plan.max_accuracy_drop > 0:
        found.append(
            f"Of {images} validation images, one more or less is {100 / images:.3g} points of "
            f"accuracy, and {100 * hardening.plan.max_accuracy_drop:g} may be lost: which epoch is "
            "kept is largely chance. Give more data, or a larger --validation-share."
        )
    found += _cautions_on_accuracy(hardening)
    found += _cautions_on_classes(hardening)
    if hardening.before.prepared.images.split == "held out":
        found.append(
            "The data has no part for testing: test images were held out from it. If the model "
            "was trained on them before, what is said of both models is too good."
        )
    return found


def _cautions_on_accuracy(hardening: Hardening) -> Iterator[str]:
    """Compare the original's accuracy on validation images with that on test images."""
    seen, plan = hardening.run.original.accuracy, hardening.plan
    unseen = hardening.before.clean.overall
    if unseen.low is not None and seen < unseen.low - _FAR:
        yield (
            f"The original is right on {seen:.1%} of the validation images and on "
            f"{unseen.value:.1%} of the test images: are the labels of the training data its own?"
        )
    if unseen.high is not None and seen - plan.max_accuracy_drop > unseen.high:
        yield (
            f"The original is right on {seen:.1%} of the validation images, and on "
            f"{unseen.value:.1%} of the test images: it was probably trained on the former, and "
            "the accuracy that may be lost is counted from there."
        )


def _cautions_on_classes(hardening: Hardening) -> Iterator[str]:
    """Say so where levels of classes rest on few samples."""
    for part in hardening.run.rounds[:1]:
        if part.examples is not None:
            searched = sorted(one.searched for one in part.examples.selections)
            middle = searched[len(searched) // 2]
            if middle < _FEW_SAMPLES:
                yield (
                    f"Half of the classes have at most {middle} samples that were searched: their "
                    "levels are largely chance. Search more with --search-samples, or take as many "
                    "examples of each class with --method reduced."
                )


def _run(run: Run, spec: InputSpec) -> dict[str, Any]:
    return {
        "seed": run.seed,
        "kept": None if run.kept is None else asdict(run.kept),
        "original": _judgement(run.original),
        "rounds": [_round(one, spec) for one in run.rounds],
    }


def _judgement(judgement: Judgement) -> dict[str, float]:
    return {"accuracy": judgement.accuracy, "restricted_mean": judgement.restricted_mean}


def _round(one: Round, spec: InputSpec) -> dict[str, Any]:
    tally = None if one.searched is None else one.searched.tally
    selections = () if one.examples is None else one.examples.selections
    return {
        "searched": 0 if one.searched is None else len(one.searched.rows),
        "rays": 0 if tally is None else tally.rays,
        "crossed": 0 if tally is None else int(tally.walked.sum()),
        "search": None if one.searched is None else one.searched.check.as_record(),
        "examples": 0 if one.examples is None else len(one.examples),
        "seconds": dict(one.seconds),
        "classes": [_selection(selection, spec) for selection in selections],
        "epochs": [_epoch(epoch) for epoch in one.epochs],
    }


def _selection(one: ClassSelection, spec: InputSpec) -> dict[str, Any]:
    robustness = one.robustness if math.isfinite(one.robustness) else None
    return {
        "class": one.class_index,
        "name": spec.name_of(one.class_index),
        "level": one.level,
        "robustness": robustness,
        "searched": one.searched,
        "chosen": one.chosen,
        "examples": one.examples,
    }


def _epoch(epoch: Epoch) -> dict[str, Any]:
    return {"epoch": epoch.number, **_judgement(epoch.judgement), "within": epoch.within}


def _spread(hardening: Hardening) -> Iterator[dict[str, Any]]:
    """Give each figure of every seed's model on test images, and how far they are apart."""
    each = [dict(_figures(audit)) for audit in hardening.seed_audits]
    for key, (name, title, unit, better, before) in _figures(hardening.before):
        if not all(key in figures for figures in each):  # an attack that one model was spared
            continue
        values = [figures[key][-1] for figures in each]
        yield {
            "name": name,
            "title": title,
            "unit": unit,
            "better": better,
            "before": before,
            "values": values,
            "mean": statistics.mean(values),
            "lowest": min(values),
            "highest": max(values),
            "standard_deviation": statistics.stdev(values),
        }


def _figures(audit: Audit) -> Iterator[tuple[str, tuple[str, str, str, str, float]]]:
    """Give what is compared over seeds: a key, then name, title, unit, what is better, value."""
    margins, inequality = audit.margins, audit.inequality
    mean, worst = margins.restricted_mean, inequality.worst_class_margin
    robustness = inequality.model_robustness
    for name, title, unit, better, estimate in (
        ("accuracy", "Clean accuracy", "share", "higher", audit.clean.overall),
        ("restricted-mean-margin", "Restricted mean margin", "rms", "higher", mean),
        ("crossing-rate", "Crossing rate", "share", "lower", margins.crossing_rate),
        ("worst-class-margin", "Worst class margin", "rms", "higher", worst),
        ("model-robustness", "Model robustness R", "sum", "higher", robustness),
        ("gini", "Inequality (Gini)", "gini", "lower", inequality.gini),
    ):
        if estimate.value is not None:
            yield name, (name, title, unit, better, estimate.value)
    for result in audit.assessment.results if audit.assessment else ():
        value = None if result.outcome is None else robust_accuracy(result.outcome).value
        if value is not None:
            attack = result.attack
            title = f"Accuracy under {attack.entry.title}"
            key = f"{attack.name} {dict(attack.parameters)}"
            yield key, (attack.name, title, "share", "higher", value)
