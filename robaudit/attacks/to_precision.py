"""Attacking until robust accuracy is known as precisely as was asked for.

What is known so precisely is the smallest that adversaries left. A pilot of few samples tells
about how large it is, and so how many samples bring its interval to the width asked for; where
that is still wider, samples are added (Chow and Robbins, Annals of Mathematical Statistics 36,
1965). The samples of the pilot count. Stopping by the width costs the interval a point or two
of coverage where hardly any sample holds or falls (docs/statistics.md).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeGuard

import numpy as np

from robaudit.attacks.assessment import AttackPlan
from robaudit.attacks.outcome import Outcome
from robaudit.attacks.run import INTERRUPTED, AttackResult, lowest_accuracy
from robaudit.batches import Stopped
from robaudit.errors import UsageError
from robaudit.metrics.figures import ROBUST_ACCURACY
from robaudit.metrics.precision import Reached
from robaudit.search.plan import Precision, SearchPlan
from robaudit.stats.sequential import grown, more_samples

Results = tuple[AttackResult, ...]
Attacking = Callable[[slice], Results]
"""Attack a run of samples with all attacks, in their order."""

_PILOT = 100


def is_of_attacks(precision: Precision | None) -> TypeGuard[Precision]:
    """Tell whether a precision is asked for of what attacks leave."""
    return precision is not None and precision.figure == ROBUST_ACCURACY.name


def attack_to(
    precision: Precision, attack: Attacking, plan: SearchPlan, attacks: AttackPlan | None = None
) -> tuple[Results, SearchPlan, Reached]:
    """Attack samples until half the interval of the smallest robust accuracy is as asked for.

    The samples of the plan are the most there are, unless those of ``attacks`` are fewer. Gives
    what was found on the first of them, the plan to search these, and what was reached;
    without an adversary that runs the pilot is all. Raises Stopped where the work is to stop:
    nothing that could be told has been searched by then.
    """
    half_width = precision.half_width
    most = min(plan.samples, (attacks and attacks.samples) or plan.samples)
    count = min(_PILOT, most)
    results = _finished(attack(slice(0, count)))
    half = half_of(results)
    while half is not None and half > half_width and count < most:
        samples = more_samples(count, half, half_width, most)
        results = joined(results, _finished(attack(slice(count, samples))))
        count = samples
        half = half_of(results)
    wanted = math.inf if half is None else grown(count, half, half_width / 2)
    enough = math.ceil(wanted) if wanted <= most else None
    reached = Reached(ROBUST_ACCURACY.name, half_width, half, count, most, enough)
    return results, replace(plan, samples=count), reached


def check_attacking(
    precision: Precision | None, plan: AttackPlan | None, *, randomised: bool
) -> None:
    """Raise UsageError where robust accuracy is to be known precisely, and cannot be known."""
    if not is_of_attacks(precision):
        return
    if plan is None or not any(attack.entry.adversary for attack in plan.attacks):
        raise UsageError(
            "a precision of robust accuracy without attacks that look for the worst",
            expected="some, such as `attacks=quick`",
        )
    if randomised:
        raise UsageError(
            "`randomised` and a precision of robust accuracy together", expected="one of them"
        )


def half_of(results: Sequence[AttackResult]) -> float | None:
    """Give half of high less low of the smallest robust accuracy, ``None`` without adversaries."""
    lowest = lowest_accuracy(
        [one.outcome for one in results if one.outcome and one.attack.entry.adversary]
    )
    if lowest.low is None or lowest.high is None:
        return None
    return (lowest.high - lowest.low) / 2


def joined(first: Results, further: Results) -> Results:
    """Put together what attacks did to samples, and to those that follow on them.

    One that could not be run on the latter could not be run.
    """
    return tuple(
        replace(one, outcome=_joined(one.outcome, other.outcome))
        if one.outcome and other.outcome
        else (other if one.outcome else one)
        for one, other in zip(first, further, strict=True)
    )


def _joined(one: Outcome, other: Outcome) -> Outcome:
    def together(name: str) -> Any:
        return np.concatenate([getattr(one, name), getattr(other, name)])

    return Outcome(
        success=together("success"),
        distance=together("distance"),
        examples=together("examples"),
        adjacent=together("adjacent"),
        nearest=together("nearest"),
        outside=one.outside + other.outside,
        evaluations=one.evaluations + other.evaluations,
        gradients=one.gradients + other.gradients,
        seconds=one.seconds + other.seconds,
        lack=one.lack or other.lack,
    )


def _finished(results: Results) -> Results:
    if any(result.skipped == INTERRUPTED for result in results):
        raise Stopped
    return results
