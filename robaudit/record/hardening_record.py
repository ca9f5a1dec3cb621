"""The part of a comparison that says how the hardened model came to be."""

import math
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from msgspec import UNSET

from robaudit.attacks.run import robust_accuracy
from robaudit.audit import Audit
from robaudit.data.images import Images
from robaudit.hardening.abilities import lacking
from robaudit.hardening.examples import ClassSelection
from robaudit.hardening.harden import Hardening
from robaudit.hardening.plan import HardeningPlan
from robaudit.hardening.runs import Round, Run
from robaudit.metrics.figures import (
    MODEL_ROBUSTNESS,
    ROBUST_ACCURACY,
    Figure,
)
from robaudit.metrics.headlines import headline_estimates
from robaudit.record.audit_record import describe_check
from robaudit.record.line_record import budget_or_unset, line_record, why_this_point
from robaudit.record.losses_record import allowed, class_loss_record, exceeded, price
from robaudit.record.schema.hardening import (
    EpochRecord,
    HardeningDataRecord,
    HardeningRecord,
    JudgementRecord,
    KeptOfSeedRecord,
    KeptRecord,
    RoundRecord,
    RunRecord,
    SelectionRecord,
    SpreadRecord,
)
from robaudit.types import InputSpec, IntArray

_FEW_SAMPLES = 10
_NOTABLE_DROP = 0.05
"""An accuracy that is so much lower on validation data than on test data is odd."""


def hardening_record(
    hardening: Hardening, command: str, files: Mapping[str, str]
) -> HardeningRecord:
    """Write down a hardening: its plan, each run of it, and the spread over seeds.

    ``command`` is what was typed, ``files`` the names of the model and its examples.
    """
    run, training, test = hardening.run, hardening.training, hardening.before.prepared.images
    spec, kept = hardening.before.classifier.spec, hardening.run.kept
    return HardeningRecord(
        method=hardening.plan.method,
        plan={**hardening.plan.described(), "seeds": len(hardening.runs)},
        command=command,
        outcome=outcome(hardening),
        kept=None
        if kept is None
        else KeptOfSeedRecord(seed=run.seed, round=kept.round, epoch=kept.epoch),
        data=HardeningDataRecord(
            source=training.images.source,
            sha256=training.images.sha256,
            train=len(training.x),
            validation=len(hardening.validation.x),
            validation_source=None
            if hardening.split.validation is not None
            else _source_of(hardening.validation.images),
            test=len(test),
            test_source=_source_of(test),
        ),
        runs=[run_record(part, spec, hardening.plan, training.y) for part in hardening.runs],
        spread=list(_spread(hardening)) if len(hardening.runs) > 1 else [],
        files=dict(files),
    )


def _source_of(images: Images) -> str:
    return f"{images.source}, {images.split}" if images.split else images.source


def outcome(hardening: Hardening) -> str:
    """Say what was kept, and which class was the price; or why the original is given back."""
    run, plan = hardening.run, hardening.plan
    if run.kept is None:
        return f"The original model is given back. {_why_none(hardening)}"
    said = _why_kept(hardening)
    return " ".join(filter(None, [said, price(run, hardening.before.classifier.spec, plan)]))


def _why_none(hardening: Hardening) -> str:
    run, plan = hardening.run, hardening.plan
    if run.line is not None:
        return why_this_point(run.line, plan)
    epochs = [epoch for each in hardening.runs for part in each.rounds for epoch in part.epochs]
    if not any(epoch.within for epoch in epochs):
        return f"Every epoch {exceeded(plan)}, on validation data."
    return f"None of the epochs that {allowed(plan)}, had larger margins on validation data."


def _why_kept(hardening: Hardening) -> str:
    run, plan = hardening.run, hardening.plan
    seed = f" from seed {run.seed}" if len(hardening.runs) > 1 else ""
    if run.line is not None:
        why = why_this_point(run.line, plan)
        return f"{why[:-1]},{seed}." if seed else why
    assert run.kept is not None  # noqa: S101 - or it is not asked
    turn = f" of round {run.kept.round}" if plan.rounds > 1 else ""
    where = f"epoch {run.kept.epoch}{turn}{seed}"
    if plan.keep == "last":
        return f"Kept is {where}, the last one."
    return (
        f"Kept is {where}: of those that {allowed(plan)} on validation data, the one with the "
        f"largest mean margin there, {run.best.restricted_mean:.3f}; before it was "
        f"{run.original.restricted_mean:.3f}."
    )


def cautions_on_hardening(hardening: Hardening) -> list[str]:
    """List what speaks against the result: no gain, few validation samples, few examples."""
    sentences = lacking(hardening.before.classifier, hardening.plan)
    if hardening.run.kept is None:
        sentences.append(
            outcome(hardening)
            + " More training data, more epochs, another --learning-rate, a smaller --strength "
            "or a larger --max-accuracy-drop or --max-class-drop may help."
        )
    sentences += _cautions_on_number(hardening)
    sentences += _cautions_on_accuracy(hardening)
    sentences += _cautions_on_classes(hardening)
    if hardening.before.prepared.images.split == "held out":
        sentences.append(
            "The data has no part for testing: test samples were held out from it. If the model "
            "was trained on them before, what is said of both models is too good."
        )
    return sentences


def _cautions_on_number(hardening: Hardening) -> Iterator[str]:
    """Say so where one validation sample is worth much of what may be lost."""
    images, plan = len(hardening.validation.x), hardening.plan
    halves, what = "", "which epoch is kept"
    if hardening.run.line is not None:  # each half decides by itself
        images, halves, what = images // 2, "each half of the ", "which point of the line is kept"
    if 2 / images > plan.max_accuracy_drop > 0:
        of = f"{halves}{len(hardening.validation.x)} validation samples"
        yield (
            f"Of {of}, one more or less is {100 / images:.3g} points of "
            f"accuracy, and {100 * plan.max_accuracy_drop:g} may be lost: {what} is "
            "largely chance. Give more data, a larger --validation-share, or --validation-data."
        )


def _cautions_on_accuracy(hardening: Hardening) -> Iterator[str]:
    """Compare the original's accuracy on validation data with that on test data."""
    seen, plan = hardening.run.original.accuracy, hardening.plan
    unseen = hardening.before.clean.overall
    if unseen.low is not None and seen < unseen.low - _NOTABLE_DROP:
        yield (
            f"The original is right on {seen:.1%} of the validation data and on "
            f"{unseen.value:.1%} of the test data: are the labels of the training data its own?"
        )
    if unseen.high is not None and seen - plan.max_accuracy_drop > unseen.high:
        yield (
            f"The original is right on {seen:.1%} of the validation data, and on "
            f"{unseen.value:.1%} of the test data: it was probably trained on the former, and "
            "the accuracy that may be lost is counted from there."
        )


def _cautions_on_classes(hardening: Hardening) -> Iterator[str]:
    """Say so where levels of classes rest on few samples, by which the others choose none."""
    if hardening.plan.method != "feedback" or hardening.plan.compensation != "levels":
        return
    for part in hardening.run.rounds[:1]:
        if part.examples is not None:
            searched = sorted(selection.searched for selection in part.examples.selections)
            middle = searched[len(searched) // 2]
            if middle < _FEW_SAMPLES:
                yield (
                    f"Half of the classes have at most {middle} samples that were searched: their "
                    "levels are largely chance. Search more with --search-samples, or take as many "
                    "examples of each class with --method reduced."
                )


def run_record(run: Run, spec: InputSpec, plan: HardeningPlan, y: IntArray) -> RunRecord:
    """Write down a run of training data of classes y (n,), as far as it came."""
    return RunRecord(
        seed=run.seed,
        kept=None if run.kept is None else KeptRecord(round=run.kept.round, epoch=run.kept.epoch),
        original=JudgementRecord(
            accuracy=run.original.accuracy, restricted_mean=run.original.restricted_mean
        ),
        rounds=[_round(part, spec, plan, y) for part in run.rounds],
        line=UNSET if run.line is None else line_record(run.line, spec, plan),
        budget=budget_or_unset(run.budget),
    )


def _round(part: Round, spec: InputSpec, plan: HardeningPlan, y: IntArray) -> RoundRecord:
    searched, examples = part.searched, part.examples
    return RoundRecord(
        searched=0 if searched is None else len(searched.rows),
        rays=0 if searched is None else searched.tally.rays,
        crossed=0 if searched is None else int(searched.tally.walked.sum()),
        search=None if searched is None else describe_check(searched.check),
        examples=0 if examples is None else len(examples),
        without_examples=int(np.isin(y, examples.label, invert=True).sum())
        if examples is not None and plan.method == "combined"
        else UNSET,
        seconds=dict(part.seconds),
        classes=[
            _selection(selection, spec) for selection in (examples.selections if examples else ())
        ],
        epochs=[
            EpochRecord(
                epoch=epoch.number,
                accuracy=epoch.judgement.accuracy,
                restricted_mean=epoch.judgement.restricted_mean,
                within=epoch.within,
                worst_class=class_loss_record(epoch.worst, spec),
            )
            for epoch in part.epochs
        ],
    )


def _selection(selection: ClassSelection, spec: InputSpec) -> SelectionRecord:
    robustness = selection.robustness
    return SelectionRecord(
        class_index=selection.class_index,
        name=spec.name_of(selection.class_index),
        level=selection.level,
        robustness=robustness if math.isfinite(robustness) else None,
        searched=selection.searched,
        chosen=selection.chosen,
        examples=selection.examples,
    )


def _spread(hardening: Hardening) -> Iterator[SpreadRecord]:
    """Give each figure of every seed's model on test data, and how far they are apart."""
    of_seeds = [_figures(audit) for audit in hardening.seed_audits]
    for key, (figure, before) in _figures(hardening.before).items():
        if not all(key in figures for figures in of_seeds):  # an attack that one was spared
            continue
        values = [figures[key][1] for figures in of_seeds]
        yield SpreadRecord(
            name=figure.name,
            title=figure.title,
            unit=figure.unit,
            better=figure.better,
            before=before,
            values=list(values),
            mean=statistics.mean(values),
            lowest=min(values),
            highest=max(values),
            standard_deviation=statistics.stdev(values),
        )


def _figures(audit: Audit) -> dict[str, tuple[Figure, float]]:
    """Give what is compared over seeds: headline figures, and accuracy under each attack."""
    inequality = audit.inequality
    headlines = headline_estimates(audit.clean.overall, audit.margins, inequality)
    # All models of a spread are searched by one plan, without which R says nothing.
    headlines = headlines | {MODEL_ROBUSTNESS: inequality.model_robustness}
    figures = {
        figure.name: (figure, estimate.value)
        for figure, estimate in headlines.items()
        if estimate.value is not None
    }
    for result in audit.assessment.results if audit.assessment else ():
        value = None if result.outcome is None else robust_accuracy(result.outcome).value
        if value is not None:
            attack = result.attack
            title = f"Accuracy under {attack.entry.title}"
            figure = replace(ROBUST_ACCURACY, name=attack.name, title=title)
            figures[f"{attack.name} {dict(attack.parameters)}"] = figure, value
    return figures
