"""Search, make examples, go on training, keep the best epoch: Algorithm 1, steps 2 to 5."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

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
from robaudit.hardening.budget import halved
from robaudit.hardening.examples import Examples, check_made_of, make_examples
from robaudit.hardening.mixed_batches import MixedBatches
from robaudit.hardening.perturbations import AdversarialBatches, Batches
from robaudit.hardening.plan import HardeningPlan, default_adversary
from robaudit.hardening.resuming import Held, TrainingKeeper, blocks_of
from robaudit.hardening.runs import Line, Round, Run
from robaudit.hardening.stopped import RunStopped
from robaudit.hardening.training_search import Searched, search_training_samples
from robaudit.hardening.validation import Judgement, what_judges
from robaudit.hardening.watching import Judging, Watched
from robaudit.hardening.weight_line import Walk, check_line
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

_TRAINING = "training"
"""How long a round was trained is kept by this name."""


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
    pace = pace_for(classifier.spec, batch_size, progress=progress, blocks=blocks)
    judging = Judging(judge, pace.blocks)
    original = judging(classifier)
    start = Run(plan.seed, original, original, (), None, classifier)
    data = _Data(x, y, judging, augment)
    run = _train_in_rounds(start, Round(searched, examples, (), {}), data, plan, pace)
    if plan.keep != "line" or run.kept is None:
        return run
    with _telling_of(run):
        few = _for_statistics(classifier, x, y, plan, augment)
        walk = Walk(classifier, judge, plan, few, pace.blocks)
        runs = _walk_to_trained(walk, start, run, data, plan, pace)
        line, kept = walk.keep()
        run = _chosen_of(runs, line)
        if line.kept:
            return replace(run, best=judging(kept), classifier=kept, line=line)
    return replace(run, best=original, kept=None, classifier=classifier, line=line)


@dataclass(frozen=True)
class _Data:
    """What is trained on, and what tells what came of it."""

    x: FloatArray
    y: IntArray
    judge: Judging
    augment: Perturb | None


def _train_in_rounds(
    run: Run, begun: Round, data: _Data, plan: HardeningPlan, pace: Pace, before: int = 0
) -> Run:
    """Search and train by a plan, as often as it says, after so many rounds ``before``.

    ``begun`` is the first round, with what there is of its search and examples.
    """
    run = replace(run, budget=_budget_of(plan, run.classifier))
    for number in range(1, plan.rounds + 1):
        # A round of its own randomness: the same samples again would teach the same again.
        seed = plan.seed + 1000 * (before + number - 1)
        own = replace(plan, seed=seed, search=replace(plan.search, seed=seed))
        within = pace.within(f"round {number}" if plan.rounds > 1 else "")
        check_trainable(run.classifier)
        if plan.needs_examples and begun.examples is None:
            with _telling_of(run):
                begun = _search_and_make(run, begun, data, own, within)
        run = _train(run, begun, data, own, within)
        begun = Round(None, None, (), {})
    return run


def _walk_to_trained(
    walk: Walk, start: Run, run: Run, data: _Data, plan: HardeningPlan, pace: Pace
) -> list[Run]:
    """Walk the line to a run from its start; train within half of its budget while that may help.

    Gives all runs, the given one first. The others begin as it did, with its search and examples.
    """
    first, runs, within = run.rounds[0], [run], pace
    searching = {name: took for name, took in first.seconds.items() if name != _TRAINING}
    while walk.to(run.classifier, run.budget, within.progress):
        if run.budget is None or len(runs) > plan.budget_halvings:
            break
        plan = halved(plan, start.classifier.spec)
        begun = replace(first, epochs=(), seconds=searching)
        within = pace.within(f"within {_budget_of(plan, start.classifier):.3g}")
        run = _train_in_rounds(start, begun, data, plan, within, len(runs) * plan.rounds)
        runs.append(run)
    return runs


def _chosen_of(runs: Sequence[Run], line: Line) -> Run:
    """Give the run whose line a point was kept of, else the first; add how long others took."""
    chosen = next((run for run in runs if run.budget == line.budget), runs[0])
    first, *more = chosen.rounds
    others = {
        f"{_TRAINING} within {run.budget:.3g}": sum(part.seconds[_TRAINING] for part in run.rounds)
        for run in runs
        if run is not chosen
    }
    first = replace(first, seconds={**first.seconds, **others})
    return replace(chosen, rounds=(first, *more))


def _budget_of(plan: HardeningPlan, classifier: Classifier) -> float | None:
    """Give the budget of the adversary that batches are attacked by; ``None`` where it has none."""
    if not plan.needs_gradients:
        return None
    budget = (plan.adversary or default_adversary(classifier.spec)).budget
    return budget if math.isfinite(budget) else None


@contextmanager
def _telling_of(run: Run) -> Iterator[None]:
    """Raise RunStopped, with what there is of a run, where work inside this is to stop."""
    try:
        yield
    except Stopped as stopped:
        raise RunStopped(run) from stopped


def _search_and_make(run: Run, begun: Round, data: _Data, plan: HardeningPlan, pace: Pace) -> Round:
    """Search training samples, unless that was done, and make examples of them."""
    classifier, searched = run.classifier, begun.searched
    check_can_make_examples(classifier, plan)
    began, blocks = time.perf_counter(), blocks_of(pace.blocks, classifier)
    if searched is None:
        searched = search_training_samples(
            classifier,
            data.x,
            data.y,
            plan,
            batch_size=pace.rays,
            progress=pace.progress,
            blocks=blocks,
        )
    seconds = {"search": time.perf_counter() - began}
    examples = make_examples(
        searched,
        plan,
        data.y,
        classifier=classifier,
        x=data.x,
        batch_size=pace.rays,
        progress=pace.progress,
        blocks=blocks,
    )
    if plan.gradient_directions:
        seconds["gradient rays"] = time.perf_counter() - began - seconds["search"]
    return Round(searched, examples, (), seconds)


def _train(run: Run, begun: Round, data: _Data, plan: HardeningPlan, pace: Pace) -> Run:
    """Go on training, on data and examples, and keep the best epoch."""
    classifier, examples = run.classifier, begun.examples
    x, y, judge, augment = data.x, data.y, data.judge, data.augment
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
    seconds = {**begun.seconds, _TRAINING: keeper.seconds}
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
    average: AveragedWeights | None = None
    if plan.averaging:
        few = _for_statistics(classifier, x, y, plan, augment)
        average = AveragedWeights(plan.averaging, few)
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


def _for_statistics(
    classifier: Classifier, x: FloatArray, y: IntArray, plan: HardeningPlan, augment: Perturb | None
) -> FloatArray:
    """Choose the training data that statistics of batch normalisation are taken of.

    They are augmented as those that are trained on: a model that knows images shifted, and has
    statistics of others, is less accurate.
    """
    random = generator(plan.seed, Stream.HARDENING, 5)
    rows = np.sort(random.permutation(len(x))[: plan.statistics_samples])
    return x[rows] if augment is None else augment(classifier, x[rows], y[rows])
