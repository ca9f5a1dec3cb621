"""Running attacks, and counting only what they may count.

An example counts when it lies in the pixel box and within its attack's budget,
and the model, asked again, gives it another class. A sample that is
misclassified to begin with is not robust, and is not attacked.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from robaudit.attacks.batched.norms import GEOMETRIES
from robaudit.attacks.cascade import lack_of, titles_of
from robaudit.attacks.catalogue import Attack, Norm
from robaudit.attacks.chance import Chance
from robaudit.attacks.corruptions import CORRUPTIONS
from robaudit.attacks.generators import Generate, generator_for, view_of
from robaudit.batches import Pace, batch_size_for, slices
from robaudit.errors import ClassifierError, MissingDependencyError
from robaudit.phrases import is_picture
from robaudit.predicting import SCALE_INPUTS, failing_as, predict_classes
from robaudit.preprocessing.arrangement import Arrangement
from robaudit.stats.bounded import share_interval
from robaudit.stats.naming import error_of_each
from robaudit.types import (
    BoolArray,
    Classifier,
    Estimate,
    FloatArray,
    IntArray,
    Pull,
    PullBack,
    pull_back,
    why_no_gradients,
)

ROUNDING = 1e-5
"""By how much an example may exceed its budget, as a share of the pixel range: float32 rounds."""

INTERRUPTED = "interrupted before it was finished"


@dataclass(frozen=True)
class Targets:
    """What is attacked: x (S, *shape), reference and predicted classes (S,), scale of scores.

    ``arrangement`` says how inputs are pictures, where they are. ``rows`` (S,) say where the
    samples lie in the data, by default one after the other: chance is drawn by them.
    """

    x: FloatArray
    origin: IntArray
    start: IntArray
    scale: float
    arrangement: Arrangement | None = None
    rows: IntArray | None = None

    def take(self, places: IntArray) -> "Targets":
        """Take some of them, by their places."""
        taken = (self.x[places], self.origin[places], self.start[places])
        return Targets(*taken, self.scale, self.arrangement, self.rows_at(places))

    def rows_at(self, places: IntArray) -> IntArray:
        """Say where the samples at these places lie in the data: like ``places``."""
        return places if self.rows is None else self.rows[places]

    @property
    def correct(self) -> BoolArray:
        """Mark the samples that are in their reference class to begin with: (S,)."""
        return np.asarray(self.start == self.origin)


@dataclass(frozen=True)
class Outcome:
    """What an attack found, sample by sample.

    ``success`` (S,) marks samples that are not robust: misclassified to begin with,
    or with an example that counts. ``distance`` (S,) is how far that example lies in
    the attack's norm (L2 where it has none), as a share of the pixel range: 0 for
    misclassified samples, infinite for those that held. ``examples`` (S, *shape) are
    the examples that count, else the samples themselves, and ``adjacent`` (S,) what
    they became. ``nearest`` (S,) is the RMS distance of an example of another class,
    whether it counts or not, infinite where there is none. ``outside`` counts those
    that were beyond the budget, ``evaluations`` and ``gradients`` forward and
    backward passes of single inputs.
    ``members`` are the attacks that a cascade was made of, as people write them, and ``lack``
    says which could not be run. ``by_queries`` (K, S) is, of a decision-based attack, how far
    the nearest example lay that was known after so many queries (`query_log.milestones`), in its
    norm: 0 for misclassified samples, infinite where there was none.
    """

    success: BoolArray
    distance: FloatArray
    examples: FloatArray
    adjacent: IntArray
    nearest: FloatArray
    outside: int
    evaluations: int
    gradients: int
    seconds: float
    lack: str | None = None
    members: tuple[str, ...] = ()
    by_queries: FloatArray | None = None


@dataclass(frozen=True)
class AttackResult:
    """An attack and its outcome, or the reason why there is none."""

    attack: Attack
    outcome: Outcome | None
    skipped: str | None = None


def run_attacks(
    classifier: Classifier,
    targets: Targets,
    attacks: Sequence[Attack],
    *,
    seed: int,
    pace: Pace,
    stage: str = "attacks",
) -> tuple[AttackResult, ...]:
    """Run attacks one after the other; one that cannot be run here says why.

    ``stage`` is what progress is told of. An interrupt ends the attack under way and those to
    come; what is finished is kept.
    """
    count = int(targets.correct.sum())
    results: list[AttackResult] = []
    interrupted = False
    for attack in attacks:
        reason = INTERRUPTED if interrupted else reason_to_skip(attack, classifier, targets)
        if reason is not None:
            results.append(AttackResult(attack, None, reason))
            continue
        before = len(results) * count

        def advance(done: int, before: int = before) -> None:
            pace.progress(stage, before + done, len(attacks) * count)

        try:
            outcome = run_attack(
                classifier, targets, attack, seed=seed, batch_size=pace.batch_size, advance=advance
            )
        except (ClassifierError, MissingDependencyError) as error:
            results.append(AttackResult(attack, None, str(error)))
        except KeyboardInterrupt:
            interrupted = True
            results.append(AttackResult(attack, None, INTERRUPTED))
        else:
            results.append(AttackResult(attack, outcome))
    pace.progress(stage, len(attacks) * count, len(attacks) * count)
    return tuple(results)


def reason_to_skip(attack: Attack, classifier: Classifier, targets: Targets) -> str | None:
    """Say why an attack cannot be run against a classifier, ``None`` where it can."""
    if attack.name in CORRUPTIONS and not _are_pictures(targets):
        return "it needs pictures in grey or in three colours, and the inputs are none"
    need, scores = attack.entry.need, classifier.spec.scores
    if need != "predictions" and scores == "labels":
        return "it needs scores, and the model gives labels only"
    if need == "gradients" and classifier.vjp is None:
        why = why_no_gradients(classifier)
        return "it needs gradients, and there are none of this model" + (f": {why}" if why else "")
    return None


def _are_pictures(targets: Targets) -> bool:
    shape = () if targets.arrangement is None else targets.arrangement.image_shape
    return is_picture(shape) and shape[-1] in (1, 3)


def run_attack(
    classifier: Classifier,
    targets: Targets,
    attack: Attack,
    *,
    seed: int,
    batch_size: int,
    advance: Callable[[int], None] | None = None,
) -> Outcome:
    """Attack the samples that are in their reference class.

    What attacks ask are logits, where the model offers them (`view_of`); what they find
    is held against the model itself. Samples go to the attack in blocks that the size of an
    input sets, so that what a library draws for many is the same whatever the ``batch_size``,
    which bounds what is handed to the model at a time. Raises ClassifierError for a model
    that fails meanwhile.
    """
    start = time.perf_counter()
    counts, correct = _Counts(), np.flatnonzero(targets.correct)
    attacked = _counted(view_of(attack, classifier, targets.x[correct[:SCALE_INPUTS]]), counts)
    told: list[FloatArray] = []
    generate = generator_for(attack, attacked, batch_size, targets.arrangement, tell=told.append)
    success, distance = ~targets.correct, np.where(targets.correct, np.inf, 0.0)
    examples, adjacent = targets.x.copy(), targets.start.copy()
    nearest = distance.copy()
    outside = 0
    for part in slices(len(correct), batch_size_for(classifier.spec)):
        rows = correct[part]
        chance = Chance(seed, targets.rows_at(rows))
        candidates = _generate(generate, classifier, targets, rows, chance)
        classes = _classes(classifier, candidates, targets.scale, batch_size)
        far = distances(candidates - targets.x[rows], attack.norm, classifier)
        crossed = classes != targets.origin[rows]
        within = far <= attack.budget + ROUNDING
        outside += int((crossed & ~within).sum())
        length = distances(candidates - targets.x[rows], "l2", classifier)
        nearest[rows[crossed]] = length[crossed] / np.sqrt(classifier.spec.dimension)
        hit = crossed & within
        success[rows] = hit
        distance[rows[hit]] = far[hit]
        examples[rows[hit]] = candidates[hit]
        adjacent[rows[hit]] = classes[hit]
        if advance:
            advance(part.stop)
    return Outcome(
        success=success,
        distance=distance,
        examples=examples,
        adjacent=adjacent,
        nearest=nearest,
        outside=outside,
        evaluations=counts.evaluations,
        gradients=counts.gradients,
        seconds=time.perf_counter() - start,
        lack=lack_of(attack, attacked),
        members=titles_of(attack, attacked),
        by_queries=_of_all(told, targets.correct),
    )


def _of_all(told: Sequence[FloatArray], correct: BoolArray) -> FloatArray | None:
    """Put together what was told of the samples that were attacked, block by block: (K, S)."""
    if not told:
        return None
    known = np.zeros((len(told[0]), len(correct)))
    known[:, correct] = np.concatenate(told, axis=1)
    return known


def _generate(
    generate: Generate,
    classifier: Classifier,
    targets: Targets,
    rows: IntArray,
    chance: Chance,
) -> FloatArray:
    with failing_as("the attack", expected="adversarial examples", advice=""):
        candidates = generate(targets.x[rows], targets.origin[rows], chance)
    spec = classifier.spec
    if candidates.shape != targets.x[rows].shape or np.isnan(candidates).any():
        raise ClassifierError(
            f"the attack gave {candidates.shape}, some of it NaN perhaps", expected="images"
        )
    if candidates.min(initial=spec.low) < spec.low or candidates.max(initial=spec.high) > spec.high:
        raise ClassifierError("the attack left the pixel box", expected="pixels inside it")
    return candidates


def _classes(classifier: Classifier, x: FloatArray, scale: float, batch_size: int) -> IntArray:
    parts = slices(len(x), batch_size)
    return np.concatenate([predict_classes(classifier.predict, x[part], scale) for part in parts])


def distances(change: FloatArray, norm: Norm, classifier: Classifier) -> FloatArray:
    """Measure changes (n, *shape) as shares of the pixel range, in L0 how many there are: (n,)."""
    spec = classifier.spec
    flat = change.reshape(len(change), -1).astype(np.float64) / (spec.high - spec.low)
    return GEOMETRIES["l2" if norm == "none" else norm].length(flat)


def robust_accuracy(outcome: Outcome) -> Estimate:
    """Estimate the share of samples that hold, with its interval."""
    return share_interval(int((~outcome.success).sum()), len(outcome.success))


def lowest_accuracy(outcomes: Sequence[Outcome]) -> Estimate:
    """Estimate the smallest of the shares of samples that hold, each against one adversary.

    No number without outcomes.
    """
    held = [int((~outcome.success).sum()) for outcome in outcomes]
    if not held:
        return Estimate(None, None, None)
    return lowest_share(held, len(outcomes[0].success))


def lowest_share(held: Sequence[int], total: int, error: float = 0.05) -> Estimate:
    """Estimate the smallest of several shares of the same ``total`` samples, of which so many held.

    The smallest that was found is mostly too low: of several attacks as strong one always
    seems the strongest. The upper bound allows for their number (Sidak); a lower bound of
    the smallest needs none.
    """
    least = share_interval(min(held), total, error)
    allowed = 2 * error_of_each(error / 2, len(held))
    return Estimate(least.value, least.low, share_interval(min(held), total, allowed).high)


def robust_accuracy_of_classes(
    outcome: Outcome, origin: IntArray, classes: int
) -> tuple[Estimate, ...]:
    """Estimate the share of samples that hold in each reference class (S,)."""
    totals = np.bincount(origin, minlength=classes).tolist()
    held = np.bincount(origin[~outcome.success], minlength=classes).tolist()
    return tuple(share_interval(*pair) for pair in zip(held, totals, strict=True))


@dataclass
class _Counts:
    """How often a classifier was asked, in single inputs."""

    evaluations: int = 0
    gradients: int = 0


def _counted(classifier: Classifier, counts: _Counts) -> Classifier:
    """Make a classifier that counts what it is asked; it has nothing but scores and gradients."""
    predict = classifier.predict

    def counted_predict(x: FloatArray) -> FloatArray:
        counts.evaluations += len(x)
        return predict(x)

    def forward(x: FloatArray) -> tuple[FloatArray, Pull]:
        counts.evaluations += len(x)
        scores, pull = pull_back(classifier, x)

        def counted_pull(cotangent: FloatArray) -> FloatArray:
            counts.gradients += len(x)
            return pull(cotangent)

        return scores, counted_pull

    vjp = classifier.vjp and PullBack(forward)
    return replace(classifier, predict=counted_predict, vjp=vjp, prober=None, train=None)
