"""The part of a comparison that says how the hardened model came to be."""

import math
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from robaudit.attacks.running import robust_accuracy
from robaudit.audit import Audit
from robaudit.hardening.examples import ClassSelection
from robaudit.hardening.judging import Judgement
from robaudit.hardening.retraining import Epoch, Round, Run
from robaudit.repair import Hardening
from robaudit.types import InputSpec


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
            "validation": hardening.validation,
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
    smallest = 1 / hardening.validation
    if smallest > hardening.plan.max_accuracy_drop / 2:
        found.append(
            f"There are {hardening.validation} validation images: one of them more or less is "
            f"{100 * smallest:.2g} points of accuracy, about as much as may be lost. Give more "
            "data, or a larger --validation-share."
        )
    if hardening.before.prepared.images.split == "held out":
        found.append(
            "The data has no part for testing: test images were held out from it. If the model "
            "was trained on them before, what is said of both models is too good."
        )
    return found


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
    rays = None if one.searched is None else one.searched.rays
    selections = () if one.examples is None else one.examples.selections
    return {
        "searched": 0 if one.searched is None else len(one.searched.rows),
        "rays": 0 if rays is None else len(rays),
        "crossed": 0 if rays is None else int((rays.step > 0).sum()),
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
    before = {name: value for name, *_, value in _figures(hardening.before)}
    each = [list(_figures(audit)) for audit in hardening.seed_audits]
    for place, (name, title, unit, better, _) in enumerate(each[0]):
        values = [figures[place][-1] for figures in each]
        yield {
            "name": name,
            "title": title,
            "unit": unit,
            "better": better,
            "before": before[name],
            "values": values,
            "mean": statistics.mean(values),
            "lowest": min(values),
            "highest": max(values),
            "standard_deviation": statistics.stdev(values),
        }


def _figures(audit: Audit) -> Iterator[tuple[str, str, str, str, float]]:
    """Give name, title, unit, which way is better, and value of what is compared over seeds."""
    margins, inequality = audit.margins, audit.inequality
    found = (
        ("accuracy", "Clean accuracy", "share", "higher", audit.clean.overall),
        ("restricted-mean-margin", "Restricted mean margin", "rms", "higher", None),
        ("crossing-rate", "Crossing rate", "share", "lower", margins.crossing_rate),
        ("worst-class-margin", "Worst class margin", "rms", "higher", None),
        ("model-robustness", "Model robustness R", "sum", "higher", inequality.model_robustness),
        ("gini", "Inequality (Gini)", "gini", "lower", inequality.gini),
    )
    other = {
        "restricted-mean-margin": margins.restricted_mean,
        "worst-class-margin": inequality.worst_class_margin,
    }
    for name, title, unit, better, estimate in found:
        value = (estimate or other[name]).value
        if value is not None:
            yield name, title, unit, better, value
    for result in audit.assessment.results if audit.assessment else ():
        if result.outcome is not None:
            value = robust_accuracy(result.outcome).value
            if value is not None:
                attack = result.attack
                yield attack.name, f"Accuracy under {attack.entry.title}", "share", "higher", value
