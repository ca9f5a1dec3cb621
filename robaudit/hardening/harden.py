"""Hardening from end to end: audit, retrain, audit again on the same samples and directions."""

from dataclasses import dataclass, replace
from itertools import compress

import numpy as np

from robaudit.attacks.assessment import AttackPlan
from robaudit.audit import Audit, scan_prepared
from robaudit.batches import Blocks, Pace, Share, ShareDone, Stopped, pace_for
from robaudit.data.images import Images
from robaudit.data.memory.in_memory import as_images
from robaudit.data.sampling import held_out_rows
from robaudit.errors import DataError
from robaudit.hardening.abilities import (
    check_can_make_examples,
    check_plan,
    check_trainable,
    fitted,
)
from robaudit.hardening.apart import check_apart
from robaudit.hardening.budget import within_reach
from robaudit.hardening.plan import HardeningPlan, hardening_preset
from robaudit.hardening.resuming import blocks_of
from robaudit.hardening.retraining import retrain
from robaudit.hardening.room import check_room
from robaudit.hardening.runs import Run, best_run
from robaudit.hardening.stopped import HardeningStopped, telling_what_there_is
from robaudit.hardening.validation import make_judge
from robaudit.hardening.weight_line import check_divisible
from robaudit.preprocessing.arrangement import fit_channels
from robaudit.preprocessing.candidates import PreprocessingRequest
from robaudit.preprocessing.class_matching import match_classes
from robaudit.preprocessing.opened import open_for
from robaudit.preprocessing.prepare import Prepared, prepare, prepared_alike
from robaudit.search.plan import Effort, SearchPlan, preset
from robaudit.types import BoolArray, Classifier, FloatArray, IntArray, Progress, no_progress

_FIND_IT = PreprocessingRequest()


@dataclass(frozen=True)
class Training:
    """Training data: x (n, *shape) in the pixel box, y (n,), their ``rows`` in ``images``."""

    images: Images
    x: FloatArray
    y: IntArray
    rows: IntArray


@dataclass(frozen=True)
class Split:
    """Rows of the data that were trained on, held out for validation, and for testing.

    ``validation`` and ``test`` are ``None`` where these images came from elsewhere.
    """

    train: IntArray
    validation: IntArray | None
    test: IntArray | None


@dataclass(frozen=True)
class Hardening:
    """All that a hardening did.

    ``runs`` holds one run a seed, ``seed_audits`` what became of each on test images.
    ``chosen`` is the run that did best on validation data; ``after`` audits its model,
    which is the original one where no epoch was kept. ``validation`` are the images that it
    was chosen by.
    """

    plan: HardeningPlan
    training: Training
    validation: Training
    split: Split
    before: Audit
    after: Audit
    runs: tuple[Run, ...]
    seed_audits: tuple[Audit, ...]
    chosen: int

    @property
    def interrupted(self) -> bool:
        """Whether the attacks at its end were ended before their time."""
        return any(_is_interrupted(audit) for audit in self.seed_audits)

    @property
    def run(self) -> Run:
        """The run whose model was kept."""
        return self.runs[self.chosen]


def harden(
    model: object,
    train: object,
    test: object = None,
    *,
    validation: object = None,
    plan: HardeningPlan | Effort = "standard",
    audit_plan: SearchPlan | Effort = "standard",
    preprocessing: PreprocessingRequest = _FIND_IT,
    attacks: AttackPlan | None = None,
    seeds: int = 1,
    batch_size: int | None = None,
    progress: Progress = no_progress,
    blocks: Blocks | None = None,
    share: Share | None = None,
) -> Hardening:
    """Make a classifier more robust, and measure what that gave and what it cost.

    ``model``, ``train``, ``test`` and ``validation`` are all that `robaudit.scan` takes for model
    and images. Without ``test`` images a fifth of ``train`` is kept for testing, and without
    ``validation`` images, which the model should never have been trained on, a tenth of what is
    left for choosing what to keep. ``audit_plan`` and
    ``attacks`` say how the original and the hardened model are audited; ``seeds``
    repeats the training with as many seeds from ``plan.seed`` on. What is done is kept in
    ``blocks``, whose keys tell the model and all images from others, and not done again; see
    `robaudit.hardening.retrain`.

    There are `parts` of this that a ``share`` of it may do: the audit of the original model, and
    each seed. Then ShareDone is raised when these are done.

    Raises DataError for images that do not fit, have no labels or take more memory than is
    free, ClassifierError for a model that cannot be trained, and HardeningStopped where the work
    is to stop, with what there is.
    """
    train = as_images(train, "train")
    test = None if test is None else as_images(test, "test")
    judged_by = None if validation is None else as_images(validation, "validation")
    check_room(train)
    classifier = open_for(model, train)
    if isinstance(plan, str):
        plan = fitted(classifier, hardening_preset(plan, classifier.spec))
    if isinstance(audit_plan, str):
        audit_plan = preset(audit_plan, classifier.spec)
    check_trainable(classifier)
    check_can_make_examples(classifier, plan)
    check_plan(classifier, plan)
    pace = pace_for(classifier.spec, batch_size, progress=progress, blocks=blocks)
    train, test, rows, test_rows = _parts(train, test, plan)
    _check_validation(judged_by, train, test, plan, classifier)
    pace = pace.depending_on(held_out=test_rows)  # the data are told from others by all of them
    prepared = prepare(
        classifier,
        test,
        preprocessing,
        count=audit_plan.samples,
        seed=audit_plan.seed,
        pace=pace.within("before"),
    )

    def audit(prepared: Prepared, stage: str) -> Audit:
        own = replace(pace.within(stage), blocks=blocks_of(pace.blocks, prepared.classifier))
        return scan_prepared(prepared, own, plan=audit_plan, attacks=attacks)

    def audit_hardened(prepared: Prepared, stage: str) -> Audit:
        made = audit(prepared, stage)
        # One of fewer samples cannot be compared, and what is kept is soon gone on from.
        kept = blocks_of(pace.blocks, prepared.classifier).are_kept
        if made.partial and (kept or made.partial.stage == "search"):
            raise Stopped
        return made

    mine = [share is None or share.has(part) for part in range(parts(seeds))]
    before = audit(prepared, "before") if mine[0] else None
    if before is not None and before.partial is not None:  # hours of training must not follow
        raise HardeningStopped(plan, before)
    training = replace(training_data(prepared, train), rows=rows)
    training, held_out = _with_validation(training, judged_by, prepared, plan)
    judge = make_judge(
        prepared.classifier,
        held_out.x,
        held_out.y,
        replace(
            plan.search, samples=plan.validation_samples, directions=plan.validation_directions
        ),
        pace.rays,
    )
    runs, audits = list[Run](), list[Audit]()
    with telling_what_there_is(plan, before, training.y, runs):
        plan = _within_reach(plan, prepared, held_out, pace)

    def train_from(seed: int) -> Audit | None:
        stage = "" if seeds == 1 else f"seed {seed}"
        run = retrain(
            prepared.classifier,
            training.x,
            training.y,
            judge,
            replace(plan, seed=seed),
            batch_size=pace.rays,
            progress=pace.within(stage).progress,
            # The model's own fingerprint does not tell what inputs become before it.
            blocks=pace.blocks.within(preprocessing=prepared.choice.preprocessing),
        )
        runs.append(run)
        if run.kept is None:
            return before
        hardened = prepared_alike(prepared, run.classifier, pace.batch_size)
        return audit_hardened(hardened, f"after {stage}".strip())

    with telling_what_there_is(plan, before, training.y, runs):
        for number in compress(range(seeds), mine[1:]):
            after = train_from(plan.seed + number)
            if after is not None:
                audits.append(after)
            if _is_interrupted(after):  # what is finished by then is shown
                break
    if before is None or share is not None:
        raise ShareDone
    chosen = best_run(runs)
    return Hardening(
        plan=plan,
        training=training,
        validation=held_out,
        split=Split(training.rows, held_out.rows if judged_by is None else None, test_rows),
        before=before,
        after=audits[chosen],
        runs=tuple(runs),
        seed_audits=tuple(audits),
        chosen=chosen,
    )


def parts(seeds: int) -> int:
    """Tell into how many parts a hardening from so many seeds can be shared out."""
    return 1 + seeds


def training_data(prepared: Prepared, train: Images) -> Training:
    """Arrange training images as inputs of a prepared classifier, over its pixel box.

    Raises DataError without labels, and for images of another shape.
    """
    spec = prepared.classifier.spec
    matched = match_classes(fit_channels(train, spec.shape)[0], spec)
    images = matched.images
    if images.labels is None:
        raise DataError(f"{train.source} has no labels", expected="labelled training images")
    if matched.spec != spec or not set(matched.notes) <= set(prepared.notes):
        raise DataError(
            f"the classes of {train.source} are not named as those of {prepared.images.source}"
            + "".join(f" ({note})" for note in matched.notes),
            expected="classes that are named alike in both",
            advice="Give the model's names, in its order: `class_names`.",
        )
    if images.image_shape != prepared.images.image_shape:
        raise DataError(
            f"training images of shape {images.image_shape}",
            expected=f"{prepared.images.image_shape}, as the test images",
        )
    x = replace(prepared, images=images).inputs(slice(None))
    return Training(images, x, images.labels, np.arange(len(images)))


def _parts(
    train: Images, test: Images | None, plan: HardeningPlan
) -> tuple[Images, Images, IntArray, IntArray | None]:
    """Give training and test images, and the rows of each in the file of the first.

    There are no rows of test images that come from elsewhere.
    """
    if train.labels is None:
        raise DataError(f"{train.source} has no labels", expected="labelled training images")
    if len(train) < 3:
        raise DataError(
            f"{train.source} holds {len(train)} training image(s)", expected="at least 3"
        )
    if test is not None:
        if test.labels is None:
            raise DataError(
                f"the test images in {test.source} have no labels",
                expected="labelled images to compare on",
            )
        check_apart(test, train, "test on", "train on")
        return train, test, np.arange(len(train)), None
    held_out = held_out_rows(train.labels, plan.test_share, plan.seed, part=0)
    rows, others = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    return train.take(rows, "train"), train.take(others, "held out"), rows, others


def _with_validation(
    training: Training, judged_by: Images | None, prepared: Prepared, plan: HardeningPlan
) -> tuple[Training, Training]:
    """Give what is trained on and what epochs are judged on, by default a part of that."""
    if judged_by is not None:
        return training, training_data(prepared, judged_by)
    held_out = _held_out(training.y, plan)
    kept, validation = (
        replace(training, x=training.x[part], y=training.y[part], rows=training.rows[part])
        for part in (~held_out, held_out)
    )
    return kept, validation


def _check_validation(
    validation: Images | None,
    train: Images,
    test: Images,
    plan: HardeningPlan,
    classifier: Classifier,
) -> None:
    """Raise DataError or UsageError for images of other parts, and too few to walk a line by."""
    if validation is not None:
        check_apart(validation, train, "validate on", "train on")
        check_apart(validation, test, "validate on", "test on")
    if plan.keep == "line":
        held_out = _held_out(train.labels, plan).sum()
        count = int(held_out) if validation is None else len(validation)
        directions = min(plan.validation_directions, classifier.spec.dimension)
        check_divisible(count, min(plan.validation_samples, count), directions)


def _within_reach(
    plan: HardeningPlan, prepared: Prepared, validation: Training, pace: Pace
) -> HardeningPlan:
    """Have the adversary of a plan within reach of the original, as validation data tell."""
    classifier = prepared.classifier
    own = replace(pace, blocks=blocks_of(pace.blocks, classifier))
    return within_reach(classifier, validation.x, validation.y, plan, own)


def _held_out(labels: IntArray | None, plan: HardeningPlan) -> BoolArray:
    assert labels is not None  # noqa: S101 - as `_parts` has it
    return held_out_rows(labels, plan.validation_share, plan.seed, part=1)


def _is_interrupted(audit: Audit | None) -> bool:
    return audit is not None and audit.partial is not None
