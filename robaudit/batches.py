"""How many inputs at a time, whether a batch gives what its inputs give alone, and shuffling."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from robaudit.errors import ClassifierError
from robaudit.storage.blocks import Blocks as Blocks
from robaudit.storage.blocks import Keeping as Keeping
from robaudit.storage.blocks import Stopped as Stopped
from robaudit.storage.blocks import all_there as all_there
from robaudit.storage.memory import free_memory as free_memory
from robaudit.storage.share import Share as Share
from robaudit.storage.share import ShareDone as ShareDone
from robaudit.types import (
    Classifier,
    FloatArray,
    InputSpec,
    IntArray,
    Logits,
    Predict,
    Progress,
    Pull,
    PullBack,
    State,
    TrainingState,
    TrainPlan,
    no_progress,
    pull_back,
    stage_within,
)

_BATCH_NUMBERS = 2**20
_LARGEST_BATCH = 128
_BLOCK_NUMBERS, _SMALLEST_BLOCK, _LARGEST_BLOCK = 2**22, 64, 8192


@dataclass(frozen=True)
class Pace:
    """What stages only hand on: it changes how soon a result is there, never the result.

    ``batch_size`` inputs are handed to a model at a time, and so many ``rays`` searched;
    without a number of these the fastest is looked for, where a batch may take ``memory``
    bytes, by default half of what is free. ``progress`` is told how far the work is, and
    ``blocks`` keep what is done.
    """

    batch_size: int
    rays: int | None = None
    memory: int | None = None
    progress: Progress = no_progress
    blocks: Blocks = field(default_factory=Blocks)

    def within(self, stage: str) -> "Pace":
        """Name the stage that all others are within, if it has a name."""
        return replace(self, progress=stage_within(stage, self.progress))

    def depending_on(self, **parts: Any) -> "Pace":
        """Let the blocks of all that follows depend on these values, too; see `fingerprint`."""
        return replace(self, blocks=self.blocks.within(**parts))


def pace_for(
    spec: InputSpec,
    batch_size: int | None = None,
    memory: int | None = None,
    progress: Progress = no_progress,
    blocks: Blocks | None = None,
) -> Pace:
    """Choose a pace for inputs like these: ``batch_size`` is for searching, too, if given."""
    at_a_time = batch_size or batch_size_for(spec)
    return Pace(at_a_time, batch_size, memory, progress, blocks or Blocks())


def batch_size_for(spec: InputSpec) -> int:
    """Choose how many inputs to hand to a model at a time.

    >>> batch_size_for(InputSpec(shape=(1, 28, 28), classes=10))
    128
    >>> batch_size_for(InputSpec(shape=(3, 224, 224), classes=1000))
    6
    """
    return int(np.clip(_BATCH_NUMBERS // spec.dimension, 1, _LARGEST_BATCH))


def inputs_in_block(spec: InputSpec) -> int:
    """Choose about how many inputs a model is asked about in a block, seconds of work mostly.

    It follows from the size of an input alone: blocks are the same whatever does them.

    >>> inputs_in_block(InputSpec((1, 28, 28), 10)), inputs_in_block(InputSpec((3, 224, 224), 10))
    (5349, 64)
    """
    return int(np.clip(_BLOCK_NUMBERS // spec.dimension, _SMALLEST_BLOCK, _LARGEST_BLOCK))


def slices(total: int, size: int) -> Iterator[slice]:
    """Cut ``range(total)`` into runs of at most ``size``."""
    for start in range(0, total, size):
        yield slice(start, min(start + size, total))


def one_at_a_time(classifier: Classifier) -> Classifier:
    """Make a classifier that hands its model one input at a time, for gradients too."""
    vjp, twin, logits = classifier.vjp, classifier.twin, classifier.logits
    return replace(
        classifier,
        predict=_singly(classifier.predict),
        prober=None,
        vjp=vjp and _singly(vjp),
        twin=twin and _singly(twin),
        logits=logits and Logits(_singly(logits.predict), _singly(logits.vjp)),
    )


def _singly(function: Callable[..., FloatArray]) -> Callable[..., FloatArray]:
    def one_by_one(*arrays: FloatArray) -> FloatArray:
        rows = range(len(arrays[0]))
        return np.concatenate([function(*(a[row : row + 1] for a in arrays)) for row in rows])

    return one_by_one


def batches_are_independent(predict: Predict, x: FloatArray, alone: Predict) -> bool:
    """Tell whether inputs get the same scores together as each alone.

    ``x`` is (n, *shape), n of at least 2, with inputs that differ; ``alone`` is
    trusted for one input at a time.
    """
    singly = np.concatenate([alone(x[row : row + 1]) for row in range(len(x))]).astype(np.float64)
    scores = predict(x)
    if scores.shape != singly.shape:
        return False
    tolerance = 1e-2 if scores.dtype == np.float16 else 1e-3
    scale = np.abs(singly[np.isfinite(singly)]).max(initial=0.0)
    return np.allclose(scores, singly, rtol=tolerance, atol=tolerance * scale, equal_nan=True)


def in_passes(classifier: Classifier, batch_size: int) -> Classifier:
    """Hand a classifier at most so many inputs at a time, of however many an attack asks.

    Of more than these scores and gradients take a forward pass each, so that what is kept of one
    for the other is not kept of them all.
    """
    predict = classifier.predict

    def scores_of(x: FloatArray) -> FloatArray:
        if len(x) <= batch_size:
            return predict(x)
        return np.concatenate([predict(x[part]) for part in slices(len(x), batch_size)])

    def forward(x: FloatArray) -> tuple[FloatArray, Pull]:
        if len(x) <= batch_size:
            return pull_back(classifier, x)
        parts = list(slices(len(x), batch_size))

        def pull(cotangent: FloatArray) -> FloatArray:
            pulled = [pull_back(classifier, x[part])[1](cotangent[part]) for part in parts]
            return np.concatenate(pulled)

        return np.concatenate([pull_back(classifier, x[part])[0] for part in parts]), pull

    vjp = classifier.vjp and PullBack(forward)
    return replace(classifier, predict=scores_of, vjp=vjp, prober=None, train=None)


def with_proved_batches(
    classifier: Classifier, x: FloatArray, batch_size: int
) -> tuple[Classifier, bool]:
    """Go back to one input at a time where a batch of real inputs does not work.

    ``x`` (n, *shape) is repeated to a whole batch. Also tells whether that was done.
    """
    whole = x[np.arange(batch_size) % len(x)]
    if batch_size < 2:
        return classifier, False
    try:
        proved = batches_are_independent(classifier.predict, whole, classifier.predict)
    except ClassifierError:
        classifier.predict(whole[:1])  # one that fails on a single input fails for good
        proved = False
    return (classifier, False) if proved else (one_at_a_time(classifier), True)


def shuffled_batches(count: int, plan: TrainPlan) -> Iterator[list[IntArray]]:
    """Give, for each epoch of a plan, its batches of rows out of ``count``, shuffled anew.

    A single row left over joins the batch before: batch normalisation cannot be
    trained on one input.

    >>> [len(rows) for rows in next(shuffled_batches(9, TrainPlan(batch_size=4)))]
    [4, 5]
    """
    random = np.random.default_rng(plan.seed)
    ends = list(range(plan.batch_size, count, plan.batch_size))
    if ends and count - ends[-1] == 1:
        ends.pop()
    for _ in range(plan.epochs):
        yield np.split(random.permutation(count), ends)


def resumable_batches(
    count: int,
    plan: TrainPlan,
    take: Callable[[], State | None],
    put: Callable[[State], None],
    set_rate: Callable[[float], None] | None = None,
) -> Iterator[tuple[int, Iterator[IntArray]]]:
    """Give the number of each epoch of a plan, from 1, and its batches as `shuffled_batches` does.

    They begin where the plan's checkpoint left off, once ``put`` was handed the state that
    ``take`` gave there. ``take`` is asked between two batches, when a state is due, and after
    the last of each epoch, before ``plan.after_epoch`` should be called; ``None`` says that no
    state would be all there is to go on from. ``set_rate`` is told before each batch what the
    plan's schedule multiplies the learning rate by, if it has one. The batches of an epoch have
    to be used up before the next begins.

    >>> epochs = resumable_batches(9, TrainPlan(epochs=2, batch_size=4), lambda: None, print)
    >>> [(epoch, len(list(batches))) for epoch, batches in epochs]
    [(1, 2), (2, 2)]
    """
    first, done = 1, 0
    known = plan.checkpoint.load() if plan.checkpoint else None
    if known is not None:
        put(known.trainee)
        first, done = known.epoch, known.batches
        known = None  # it is larger than the model
    for epoch, batches in enumerate(shuffled_batches(count, plan), start=1):
        if epoch >= first:
            left = _saved_between(batches, done if epoch == first else 0, epoch, plan, take)
            yield epoch, _at_its_rate(left, epoch, len(batches), plan, set_rate)


def _at_its_rate(
    left: Iterator[tuple[int, IntArray]],
    epoch: int,
    batches: int,
    plan: TrainPlan,
    set_rate: Callable[[float], None] | None,
) -> Iterator[IntArray]:
    """Give the numbered batches that are left of an epoch, each after its learning rate is set."""
    for number, rows in left:
        if plan.schedule and set_rate:
            done = (epoch - 1) * batches + number - 1
            set_rate(plan.schedule(done / (plan.epochs * batches)))
        yield rows


def _saved_between(
    batches: list[IntArray],
    done: int,
    epoch: int,
    plan: TrainPlan,
    take: Callable[[], State | None],
) -> Iterator[tuple[int, IntArray]]:
    """Give what is left of the batches of an epoch, from 1, and save where the training is."""
    for number, rows in enumerate(batches[done:], start=done + 1):
        yield number, rows
        ends = number == len(batches)
        if plan.checkpoint and (ends or plan.checkpoint.due()):
            trainee = take()
            if trainee is not None:
                plan.checkpoint.save(TrainingState(epoch, number, ends, trainee))
