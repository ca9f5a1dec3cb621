"""Hardening from end to end: audit, retrain, audit again on the same samples and directions."""

from dataclasses import dataclass, replace

import numpy as np

from robaudit.attacks.assessing import AttackPlan
from robaudit.audit import Audit, scan_prepared
from robaudit.errors import ClassifierError, DataError
from robaudit.hardening.examples import Examples, make_examples
from robaudit.hardening.judging import make_judge
from robaudit.hardening.plan import HardeningPlan, hardening_preset
from robaudit.hardening.retraining import (
    Run,
    retrain,
    search_training_samples,
    why_not_trainable,
)
from robaudit.images import Images
from robaudit.plan import Effort, SearchPlan, preset
from robaudit.predicting import batch_size_for
from robaudit.preparing import Prepared, PreprocessingRequest, prepare, prepared_alike
from robaudit.preprocessing import fit_channels
from robaudit.sampling import held_out_rows
from robaudit.types import Classifier, FloatArray, IntArray, Progress, no_progress

_FIND_IT = PreprocessingRequest()
_TEST_SHARE = 0.2


@dataclass(frozen=True)
class Training:
    """Training data: x (n, *shape) in the pixel box, y (n,), their ``rows`` in ``images``."""

    images: Images
    x: FloatArray
    y: IntArray
    rows: IntArray


@dataclass(frozen=True)
class Hardening:
    """All that a hardening did.

    ``runs`` holds one run a seed, ``seed_audits`` what became of each on test images.
    ``chosen`` is the run that did best on validation data; ``after`` audits its model,
    which is the original one where no epoch was kept.
    """

    plan: HardeningPlan
    training: Training
    validation: int
    before: Audit
    after: Audit
    runs: tuple[Run, ...]
    seed_audits: tuple[Audit, ...]
    chosen: int

    @property
    def run(self) -> Run:
        """The run whose model was kept."""
        return self.runs[self.chosen]


def harden(
    classifier: Classifier,
    train: Images,
    test: Images | None = None,
    *,
    plan: HardeningPlan | Effort = "standard",
    audit_plan: SearchPlan | Effort = "standard",
    preprocessing: PreprocessingRequest = _FIND_IT,
    attacks: AttackPlan | None = None,
    seeds: int = 1,
    batch_size: int | None = None,
    progress: Progress = no_progress,
) -> Hardening:
    """Make a classifier more robust, and measure what that gave and what it cost.

    Without ``test`` images a fifth of ``train`` is kept for testing. ``audit_plan`` and
    ``attacks`` say how the original and the hardened model are audited; ``seeds``
    repeats the training with as many seeds from ``plan.seed`` on.

    Raises DataError for images that do not fit or have no labels, and ClassifierError
    for a model that cannot be trained.
    """
    if isinstance(plan, str):
        plan = hardening_preset(plan, classifier.spec)
    if isinstance(audit_plan, str):
        audit_plan = preset(audit_plan, classifier.spec)
    if classifier.train is None:
        raise ClassifierError(
            why_not_trainable(classifier),
            expected="a model that can be trained",
            advice="robaudit examples writes what to train it on elsewhere.",
        )
    batch_size = batch_size or batch_size_for(classifier.spec)
    train, test, rows = _parts(train, test, plan.seed)
    prepared = prepare(
        classifier,
        test,
        preprocessing,
        count=audit_plan.samples,
        seed=audit_plan.seed,
        batch_size=batch_size,
        progress=_named("before", progress),
    )

    def audit(one: Prepared, stage: str) -> Audit:
        return scan_prepared(
            one,
            plan=audit_plan,
            attacks=attacks,
            batch_size=batch_size,
            progress=_named(stage, progress),
        )

    before = audit(prepared, "before")
    training = replace(training_data(prepared, train), rows=rows)
    held_out = held_out_rows(training.y, plan.validation_share, plan.seed, part=1)
    judge = make_judge(
        prepared.classifier,
        training.x[held_out],
        training.y[held_out],
        replace(
            plan.search, samples=plan.validation_samples, directions=plan.validation_directions
        ),
        batch_size,
    )
    training = replace(
        training,
        x=training.x[~held_out],
        y=training.y[~held_out],
        rows=training.rows[~held_out],
    )
    runs, audits = [], []
    for seed in range(plan.seed, plan.seed + seeds):
        stage = "" if seeds == 1 else f"seed {seed}"
        run = retrain(
            prepared.classifier,
            training.x,
            training.y,
            judge,
            replace(plan, seed=seed),
            batch_size=batch_size,
            progress=_named(stage, progress),
        )
        runs.append(run)
        after = before
        if run.kept is not None:
            after = audit(
                prepared_alike(prepared, run.classifier, batch_size), f"after {stage}".strip()
            )
        audits.append(after)
    chosen = max(range(seeds), key=lambda i: (runs[i].kept is not None, _score(runs[i])))
    return Hardening(
        plan=plan,
        training=training,
        validation=int(held_out.sum()),
        before=before,
        after=audits[chosen],
        runs=tuple(runs),
        seed_audits=tuple(audits),
        chosen=chosen,
    )


@dataclass(frozen=True)
class FeedbackExamples:
    """Examples made for a model, to train it on elsewhere, and what they were made from."""

    prepared: Prepared
    training: Training
    examples: Examples


def make_feedback_examples(
    classifier: Classifier,
    train: Images,
    *,
    plan: HardeningPlan | Effort = "standard",
    preprocessing: PreprocessingRequest = _FIND_IT,
    batch_size: int | None = None,
    progress: Progress = no_progress,
) -> FeedbackExamples:
    """Search training images and make examples of them; nothing is trained."""
    if isinstance(plan, str):
        plan = hardening_preset(plan, classifier.spec)
    batch_size = batch_size or batch_size_for(classifier.spec)
    prepared = prepare(
        classifier,
        train,
        preprocessing,
        count=plan.search.samples,
        seed=plan.seed,
        batch_size=batch_size,
        progress=progress,
    )
    training = training_data(prepared, train)
    searched = search_training_samples(
        prepared.classifier,
        training.x,
        training.y,
        plan,
        batch_size=batch_size,
        progress=progress,
    )
    return FeedbackExamples(prepared, training, make_examples(searched, plan, len(training.x)))


def training_data(prepared: Prepared, train: Images) -> Training:
    """Arrange training images as inputs of a prepared classifier, over its pixel box.

    Raises DataError without labels, and for images of another shape.
    """
    spec = prepared.classifier.spec
    images, _ = fit_channels(train, spec.shape)
    if images.labels is None:
        raise DataError(f"{train.source} has no labels", expected="labelled training images")
    if images.image_shape != prepared.images.image_shape:
        raise DataError(
            f"training images of shape {images.image_shape}",
            expected=f"{prepared.images.image_shape}, as the test images",
        )
    if images.labels.max() >= spec.classes:
        raise DataError(
            f"{train.source} has labels up to {images.labels.max()}",
            expected=f"labels from 0 to {spec.classes - 1}",
        )
    x = replace(prepared, images=images).inputs(slice(None))
    return Training(images, x, images.labels, np.arange(len(images)))


def _parts(train: Images, test: Images | None, seed: int) -> tuple[Images, Images, IntArray]:
    """Give training and test images, and the rows of the training images in their file."""
    if train.labels is None:
        raise DataError(f"{train.source} has no labels", expected="labelled training images")
    if test is not None:
        return train, test, np.arange(len(train))
    held_out = held_out_rows(train.labels, _TEST_SHARE, seed, part=0)
    rows = np.flatnonzero(~held_out)
    return train.take(rows, "train"), train.take(np.flatnonzero(held_out), "held out"), rows


def _score(run: Run) -> float:
    return run.best.restricted_mean


def _named(stage: str, progress: Progress) -> Progress:
    """Put the name of a stage before those of the stages within it."""
    if not stage:
        return progress
    return lambda inner, done, total: progress(f"{stage}: {inner}", done, total)
