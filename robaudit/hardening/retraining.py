"""Search, make examples, go on training, keep the best epoch: Algorithm 1, steps 2 to 5."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from robaudit.batches import Blocks, Pace, Stopped, pace_for
from robaudit.errors import UsageError
from robaudit.hardening.abilities import (
    check_can_make_examples,
    check_heeded,
    check_plan,
    check_trainable,
    schedule_of,
)
from robaudit.hardening.averaging import AveragedWeights
from robaudit.hardening.examples import Examples, check_made_of, make_examples
from robaudit.hardening.mixed_batches import MixedBatches
from robaudit.hardening.perturbations import AdversarialBatches, Batches
from robaudit.hardening.plan import HardeningPlan, default_adversary
from robaudit.hardening.resuming import Held, TrainingKeeper, blocks_of
from robaudit.hardening.runs import Round, Run
from robaudit.hardening.stopped import RunStopped
from robaudit.hardening.training_search import Searched, search_training_samples
from robaudit.hardening.validation import Judgement, what_judges
from robaudit.hardening.watching import Judging, Watched
from robaudit.hardening.weight_line import check_line, walk_line
from robaudit.stats.randomness import Stream, generator
from robaudit.types import (
    Classifier,
    FloatArray,
    IntArray,
    Perturb,
    Progress,
    TrainingState,
    TrainPlan,
    no_progress,
)


def retrain(
    classifier: Classifier,
    x: FloatArray,
    y: IntArray,
    judge: Callable[[Classifier], Judgement],
    plan: HardeningPlan,
    *,
    batch_size: int | None = None,
    searched: Searched | None = None,
    examples: Examples | None = None,
    augment: Perturb | None = None,
    progress: Progress = no_progress,
    blocks: Blocks | None = None,
) -> Run:
    """Harden a classifier on training data x (n, *shape), y (n,), by a plan.

    ``searched`` is what `search_training_samples` gave for the first round, where that
    is known: margins can be used again for another training (Section V-D). ``examples``
    are those that `make_examples` gave for it; then there is no search in that round.
    ``augment`` changes each batch at random, as flips and shifts do, before it is attacked
    or trained on, and examples as samples: a model that learned with it is retrained with it.
    What is done is kept in ``blocks``, and what is there of the same classifier, data and plan
    is not done again. Where any of these, or the judge, is a function, which may be another
    next time, nothing is kept; nor of a classifier without a fingerprint.

    Raises ClassifierError where it cannot be trained, or not so, DataError for a search or
    examples of other data, or validation data too few for ``keep`` "line", which takes what
    `make_judge` gives: UsageError for a function. Raises RunStopped where the work is to stop,
    with what there is.
    """
    if not plan.needs_examples and (searched or examples):
        raise UsageError(
            f"a search or examples for {plan.method} training",
            expected="neither, since it trains on none",
        )
    check_plan(classifier, plan)
    if plan.keep == "line":
        check_line(judge)
    validation = judge
    pace = pace_for(classifier.spec, batch_size, progress=progress, blocks=blocks)
    judge = Judging(judge, pace.blocks)
    original = judge(classifier)
    run = Run(plan.seed, original, original, (), None, classifier)
    for number in range(1, plan.rounds + 1):
        # A round of its own randomness: the same samples again would teach the same again.
        seed = plan.seed + 1000 * (number - 1)
        own = replace(plan, seed=seed, search=replace(plan.search, seed=seed))
        stage = f"round {number}" if plan.rounds > 1 else ""
        within = pace.within(stage)
        seconds: dict[str, float] = {}
        check_trainable(run.classifier)
        with _telling_of(run):
            if plan.needs_examples and examples is None:
                searched, examples = _search_and_make(run, x, y, own, searched, within, seconds)
        one = Round(searched, examples, (), seconds)
        run = _train(run, one, x, y, judge, own, augment, within)
        searched = examples = None
    if plan.keep != "line" or run.kept is None:
        return run
    with _telling_of(run):
        few = _few(x, plan)
        line, kept = walk_line(classifier, run.classifier, validation, plan, few, pace.blocks)
        if line.kept:
            return replace(run, best=judge(kept), classifier=kept, line=line)
    return replace(run, best=original, kept=None, classifier=classifier, line=line)


@contextmanager
def _telling_of(run: Run) -> Iterator[None]:
    """Raise RunStopped, with what there is of a run, where work inside this is to stop."""
    try:
        yield
    except Stopped as stopped:
        raise RunStopped(run) from stopped


def _search_and_make(
    run: Run,
    x: FloatArray,
    y: IntArray,
    plan: HardeningPlan,
    searched: Searched | None,
    pace: Pace,
    seconds: dict[str, float],
) -> tuple[Searched, Examples]:
    """Search training samples, unless that was done, and make examples of them."""
    classifier = run.classifier
    check_can_make_examples(classifier, plan)
    began, blocks = time.perf_counter(), blocks_of(pace.blocks, classifier)
    if searched is None:
        searched = search_training_samples(
            classifier,
            x,
            y,
            plan,
            batch_size=pace.rays,
            progress=pace.progress,
            blocks=blocks,
        )
    seconds["search"] = time.perf_counter() - began
    examples = make_examples(
        searched,
        plan,
        y,
        classifier=classifier,
        x=x,
        batch_size=pace.rays,
        progress=pace.progress,
        blocks=blocks,
    )
    if plan.gradient_directions:
        seconds["gradient rays"] = time.perf_counter() - began - seconds["search"]
    return searched, examples


def _train(
    run: Run,
    begun: Round,
    x: FloatArray,
    y: IntArray,
    judge: Judging,
    plan: HardeningPlan,
    augment: Perturb | None,
    pace: Pace,
) -> Run:
    """Go on training, on data and examples, and keep the best epoch."""
    classifier, examples = run.classifier, begun.examples
    train = check_trainable(classifier)
    blocks = blocks_of(
        pace.blocks,
        classifier,
        data=(x, y),
        examples=examples,
        judge=what_judges(judge.judge),
        judgements=(run.original, run.best),
        plan=plan,
        augment=augment,
    )
    x, y, changed = _batches_of(classifier, x, y, examples, plan, augment)
    schedule = schedule_of(plan)
    keeper = TrainingKeeper(blocks, plan, run.best, changed)
    wanted = TrainPlan(
        epochs=plan.epochs,
        batch_size=plan.batch_size,
        learning_rate=plan.learning_rate,
        default_learning_rate=plan.default_learning_rate,
        schedule=schedule,
        seed=plan.seed,
        optimizer=plan.optimizer,
        loss=plan.loss,
    )
    watched = Watched(run, judge, plan, keeper, changed.average, pace.progress)
    if keeper.start.best is not None:
        keeper.go_on_averaging(keeper.start.best)
        watched.take_up(train(x, y, _until(keeper.start.best.state, wanted)))
    pace.progress("training", len(keeper.epochs), plan.epochs)
    if not keeper.start.finished:
        keeper.tell_what_is_left()
        if schedule is not None and keeper.start.kept is not None:
            schedule.asked = True  # by what was trained before

        def after_epoch(number: int, made: Classifier) -> None:
            check_heeded(classifier, changed, schedule, plan)  # not first when all is done
            watched.see(number, made)

        whole = replace(
            wanted,
            after_epoch=after_epoch,
            perturb=changed if changed.by or changed.average else None,
            checkpoint=keeper if blocks.are_kept else None,
        )
        try:
            trained = train(x, y, whole)
        except Stopped as stopped:
            raise RunStopped(_so_far(watched.run, begun, keeper)) from stopped
        check_heeded(classifier, changed, schedule, plan)
        if not keeper.epochs:  # an adapter that shows nothing on the way
            watched.see(plan.epochs, trained)
    keeper.finish()
    return _so_far(watched.run, begun, keeper)


def _so_far(run: Run, begun: Round, keeper: TrainingKeeper) -> Run:
    """Add a round to a run, with the epochs that were judged until now."""
    seconds = {**begun.seconds, "training": keeper.seconds}
    epochs = tuple(keeper.epochs)
    return replace(run, rounds=(*run.rounds, replace(begun, epochs=epochs, seconds=seconds)))


def _batches_of(
    classifier: Classifier,
    x: FloatArray,
    y: IntArray,
    examples: Examples | None,
    plan: HardeningPlan,
    augment: Perturb | None,
) -> tuple[FloatArray, IntArray, Batches]:
    """Give the data to train on, (n, *shape) and (n,), and what changes each batch of them.

    Examples are among the data, but for those of mixed batches, where they take places of samples.
    """
    made: FloatArray = np.zeros((0, *x.shape[1:]), np.float32)
    labels: IntArray = np.zeros(0, np.int64)
    average = AveragedWeights(plan.averaging, _few(x, plan)) if plan.averaging else None
    if examples is not None:
        check_made_of(examples.row, examples.label, examples.directions, y, x)
        made, labels = examples.inputs(x, classifier.spec), examples.label
    changes: list[Perturb] = [augment] if augment else []
    attack = plan.adversary or default_adversary(classifier.spec)
    if plan.method == "combined":
        samples = plan.epochs * len(x)
        changes.append(
            MixedBatches(
                plan.mixture,
                attack,
                made,
                labels,
                samples=samples,
                seed=plan.seed,
                augment=augment,
            )
        )
        return x, y, Batches(changes, average)
    if plan.method == "adversarial":
        changes.append(AdversarialBatches(attack, plan.seed))
    return np.concatenate([x, made]), np.concatenate([y, labels]), Batches(changes, average)


def _until(state: TrainingState, plan: TrainPlan) -> TrainPlan:
    """Plan a training that ends with a state, which is all that is left of it to be done."""
    return replace(plan, epochs=state.epoch, checkpoint=Held(state))


def _few(x: FloatArray, plan: HardeningPlan) -> FloatArray:
    """Choose the training data that statistics of batch normalisation are taken of."""
    random = generator(plan.seed, Stream.HARDENING, 5)
    return x[np.sort(random.permutation(len(x))[: plan.statistics_samples])]
