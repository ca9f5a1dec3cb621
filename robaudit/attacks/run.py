"""Running attacks, and how robust what they leave is: see `robaudit.attacks.outcome`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from robaudit.attacks.cascade import lack_of, titles_of
from robaudit.attacks.catalogue import Attack
from robaudit.attacks.corruptions import CORRUPTIONS
from robaudit.attacks.generators import generator_for, view_of
from robaudit.attacks.outcome import (
    Counts,
    Made,
    Outcome,
    Targets,
    counted,
    make,
    together,
)
from robaudit.batches import Pace, ShareDone, all_there, batch_size_for, in_passes, slices
from robaudit.errors import ClassifierError, MissingDependencyError
from robaudit.phrases import is_picture
from robaudit.predicting import SCALE_INPUTS
from robaudit.stats.bounded import share_interval
from robaudit.stats.naming import error_of_each
from robaudit.types import Classifier, Estimate, IntArray, why_no_gradients

INTERRUPTED = "interrupted before it was finished"
ELSEWHERE = "another share of the run does some of it"


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

    ``stage`` is what progress is told of. Where the work is to stop, or is interrupted, the
    attack under way and those to come are `INTERRUPTED`; what is finished is there. In one share
    of a run those are done `ELSEWHERE` of which another has some samples.
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
            outcome = run_attack(classifier, targets, attack, seed=seed, pace=pace, advance=advance)
        except (ClassifierError, MissingDependencyError) as error:
            results.append(AttackResult(attack, None, str(error)))
        except KeyboardInterrupt:  # as Stopped is one
            interrupted = True
            results.append(AttackResult(attack, None, INTERRUPTED))
        except ShareDone:
            results.append(AttackResult(attack, None, ELSEWHERE))
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
    pace: Pace,
    advance: Callable[[int], None] | None = None,
) -> Outcome:
    """Attack the samples that are in their reference class.

    What attacks ask are logits, where the model offers them (`view_of`); what they find
    is held against the model itself. Samples go to the attack in blocks that the size of an
    input sets, so that what a library draws for many is the same whatever the batch size of
    ``pace``, which bounds what is handed to the model at a time; a block that is kept is not
    attacked again. Raises ClassifierError for a model that fails meanwhile, Stopped where the
    work is to stop, ShareDone for one share of a run.
    """
    correct = np.flatnonzero(targets.correct)
    view, counts = view_of(attack, classifier, targets.x[correct[:SCALE_INPUTS]]), Counts()
    # Logits are tempered by these, so that the same samples among others are another task.
    blocks = pace.blocks.within(view_of=targets.x[correct[:SCALE_INPUTS]])
    # Counted is what the attack asks, not in how many passes that is handed over.
    attacked = counted(in_passes(view, pace.batch_size), counts)
    generate = generator_for(attack, attacked, targets.arrangement, tell=counts.by_queries.append)
    parts = list(slices(len(correct), batch_size_for(classifier.spec)))

    def task(number: int) -> tuple[Callable[[], Made], Mapping[str, Any]]:
        if advance:
            advance(parts[number].start)
        some = targets.take(correct[parts[number]])
        do = partial(make, generate, counts, classifier, some, attack, seed, pace.batch_size)
        return do, {
            "attack": attack,
            "seed": seed,
            "x": some.x,
            "origin": some.origin.astype(np.int64),
            "rows": some.rows_at(np.arange(len(some.x))).astype(np.int64),
            "arrangement": some.arrangement,
        }

    made = all_there(blocks.each("attack", Made, len(parts), task))
    if advance:
        advance(len(correct))
    return replace(
        together(made, targets, correct),
        lack=lack_of(attack, attacked),
        members=titles_of(attack, attacked),
    )


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
