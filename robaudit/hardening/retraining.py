"""Search, make examples, go on training, keep the best epoch: Algorithm 1, steps 2 to 5."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from robaudit.batches import Pace, pace_for
from robaudit.errors import ClassifierError, UsageError
from robaudit.hardening.examples import Examples, check_made_of, make_examples
from robaudit.hardening.gradient_rays import check_gradients
from robaudit.hardening.perturbations import AdversarialBatches, Batches
from robaudit.hardening.plan import HardeningPlan, default_adversary
from robaudit.hardening.training_search import Searched, search_training_samples
from robaudit.hardening.validation import Judgement
from robaudit.types import (
    Classifier,
    FloatArray,
    IntArray,
    Perturb,
    Progress,
    Train,
    TrainPlan,
    no_progress,
    why_no_gradients,
)


@dataclass(frozen=True)
class Epoch:
    """How a model did on validation data after one pass; ``within`` the accuracy it may lose."""

    number: int
    judgement: Judgement
    within: bool


@dataclass(frozen=True)
class Round:
    """One round: what was searched and made of it, and each epoch after that.

    Adversarial training searches nothing and makes no examples beforehand; nor is there
    a search where examples were given without one. ``seconds`` are of what was done here.
    """

    searched: Searched | None
    examples: Examples | None
    epochs: tuple[Epoch, ...]
    seconds: dict[str, float]


@dataclass(frozen=True)
class Kept:
    """The round and the epoch, each from 1, that was kept."""

    round: int
    epoch: int


@dataclass(frozen=True)
class Run:
    """One hardening from one seed.

    ``original`` judges the model that it began with. ``classifier`` is what was kept,
    and is the original one where nothing was; ``best`` judges it.
    """

    seed: int
    original: Judgement
    best: Judgement
    rounds: tuple[Round, ...]
    kept: Kept | None
    classifier: Classifier


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
) -> Run:
    """Harden a classifier on training data x (n, *shape), y (n,), by a plan.

    ``searched`` is what `search_training_samples` gave for the first round, where that
    is known: margins can be used again for another training (Section V-D). ``examples``
    are those that `make_examples` gave for it; then there is no search in that round.
    ``augment`` changes each batch at random, as flips and shifts do, before it is attacked
    or trained on: a model that learned with it is retrained with it.

    Raises ClassifierError where it cannot be trained, or not so, and DataError for a
    search or examples of other data.
    """
    if plan.method == "adversarial" and (searched or examples):
        raise UsageError(
            "a search or examples for adversarial training",
            expected="neither, since it makes its own as it goes on",
        )
    pace = pace_for(classifier.spec, batch_size, progress=progress)
    original = judge(classifier)
    run = Run(plan.seed, original, original, (), None, classifier)
    for number in range(1, plan.rounds + 1):
        # A round of its own randomness: the same samples again would teach the same again.
        seed = plan.seed + 1000 * (number - 1)
        own = replace(plan, seed=seed, search=replace(plan.search, seed=seed))
        stage = f"round {number}" if plan.rounds > 1 else ""
        run = _one_round(
            run,
            x,
            y,
            judge,
            own,
            searched,
            examples,
            augment,
            pace.within(stage),
        )
        searched = examples = None
    return run


def _one_round(
    run: Run,
    x: FloatArray,
    y: IntArray,
    judge: Callable[[Classifier], Judgement],
    plan: HardeningPlan,
    searched: Searched | None,
    examples: Examples | None,
    augment: Perturb | None,
    pace: Pace,
) -> Run:
    classifier, seconds = run.classifier, dict[str, float]()
    train = check_trainable(classifier)
    if plan.method != "adversarial":
        if examples is None:
            check_can_make_examples(classifier, plan)
            began = time.perf_counter()
            if searched is None:
                searched = search_training_samples(
                    classifier, x, y, plan, batch_size=pace.rays, progress=pace.progress
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
            )
            if plan.gradient_directions:
                seconds["gradient rays"] = time.perf_counter() - began - seconds["search"]
        check_made_of(examples.row, examples.label, examples.directions, y, x)
        x = np.concatenate([x, examples.inputs(x, classifier.spec)])
        y = np.concatenate([y, examples.label])
    watched = _Watched(run, judge, plan, pace.progress)
    attacks = (_attacks(plan, classifier),) if plan.method == "adversarial" else ()
    changed = Batches((*filter(None, (augment,)), *attacks))
    began = time.perf_counter()
    pace.progress("training", 0, plan.epochs)
    trained = train(
        x,
        y,
        TrainPlan(
            epochs=plan.epochs,
            batch_size=plan.batch_size,
            learning_rate=plan.learning_rate,
            seed=plan.seed,
            optimizer=plan.optimizer,
            loss=plan.loss,
            after_epoch=watched.see,
            perturb=changed if changed.by else None,
        ),
    )
    if changed.by and not changed.seen:
        what = "adversarial examples" if attacks else "augmented batches"
        raise ClassifierError(
            f"the adapter of {classifier.name} did not train on {what}",
            expected="a train that calls plan.perturb",
        )
    if not watched.epochs:  # an adapter that shows nothing on the way
        watched.see(plan.epochs, trained)
    seconds["training"] = time.perf_counter() - began
    finished = Round(searched, examples, tuple(watched.epochs), seconds)
    return replace(watched.run, rounds=(*run.rounds, finished))


class _Watched:
    """Judges each epoch as it comes, and holds on to the best."""

    def __init__(
        self,
        run: Run,
        judge: Callable[[Classifier], Judgement],
        plan: HardeningPlan,
        progress: Progress,
    ) -> None:
        self.run, self.epochs = run, list[Epoch]()
        self._judge, self._plan, self._progress = judge, plan, progress

    def see(self, number: int, classifier: Classifier) -> None:
        """Judge the classifier of one epoch."""
        judgement, run = self._judge(classifier), self.run
        within = judgement.accuracy >= run.original.accuracy - self._plan.max_accuracy_drop - 1e-9
        self.epochs.append(Epoch(number, judgement, within))
        better = within and judgement.restricted_mean > run.best.restricted_mean
        if better or self._plan.keep == "last":
            kept = Kept(len(run.rounds) + 1, number)
            self.run = replace(run, best=judgement, kept=kept, classifier=classifier)
        self._progress("training", number, self._plan.epochs)


def check_can_make_examples(classifier: Classifier, plan: HardeningPlan) -> None:
    """Raise ClassifierError where a plan asks for gradients and a classifier has none."""
    if plan.gradient_directions and plan.method != "adversarial":
        check_gradients(classifier)


def check_trainable(classifier: Classifier) -> Train:
    """Give a classifier's ``train``.

    Raises ClassifierError, with the reason, where it cannot be trained.
    """
    if classifier.train is not None:
        return classifier.train
    why = classifier.details.get("training") or why_no_gradients(classifier)
    raise ClassifierError(
        f"{classifier.name} cannot be trained" + (f": {why}" if why else " through its adapter"),
        expected="a model that can be trained",
    )


def _attacks(plan: HardeningPlan, classifier: Classifier) -> AdversarialBatches:
    if classifier.vjp is None:
        raise ClassifierError(
            f"adversarial training of {classifier.name}, which has no gradients",
            expected="a model with gradients",
            advice="Use `method='feedback'`, which needs none.",
        )
    return AdversarialBatches(plan.adversary or default_adversary(classifier.spec), plan.seed)
