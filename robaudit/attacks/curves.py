"""Accuracy against strength, and against queries: of one attack at several budgets of either.

What breaks a sample within a small budget lies within every larger one, so each
strength attacks only those that still hold. FGSM and the noises keep one
direction for all strengths and only scale it (Fig. 3 of the paper is FGSM's). An
attack by queries, Square or one by predicted classes, tells on its way what it had found with
fewer.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np

from robaudit.attacks.catalogue import Attack, default_attack
from robaudit.attacks.outcome import ROUNDING, Targets
from robaudit.attacks.query_log import milestones
from robaudit.attacks.run import AttackResult, reason_to_skip, run_attack
from robaudit.batches import Pace, ShareDone, batch_size_for, slices
from robaudit.stats.bounded import share_interval
from robaudit.stats.medians import median_interval
from robaudit.types import Classifier, Estimate, InputSpec

CURVES = ("fgsm", "pgd", "uniform-noise", "gaussian-noise")
_GREY = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4)
_COLOUR = tuple(level / 255 for level in (1, 2, 4, 6, 8, 12, 16, 24))


@dataclass(frozen=True)
class Curve:
    """Robust accuracy of one attack at rising strengths, shares of the pixel range.

    ``skipped`` says why there is none. An adversary keeps what worked with less,
    so that the curve of an attack never rises; noise has no such choice.
    """

    name: str
    strengths: tuple[float, ...]
    accuracy: tuple[Estimate, ...]
    skipped: str | None = None


_FEWER = "fewer than half of the samples have an example by then"


@dataclass(frozen=True)
class QueryCurve:
    """What an attack by queries leaves once it has asked for so many predictions a sample (K,).

    ``median`` is the distance within which half of the samples have an example by then, in the
    attack's norm, misclassified ones at 0; it has no number where fewer have.
    """

    attack: Attack
    queries: tuple[int, ...]
    accuracy: tuple[Estimate, ...]
    median: tuple[Estimate, ...]


def query_curves(results: Sequence[AttackResult]) -> tuple[QueryCurve, ...]:
    """Give the curves of the attacks that are told so: none of any other."""
    curves = []
    for result in results:
        known = None if result.outcome is None else result.outcome.by_queries
        if known is not None:
            held = (known > result.attack.budget + ROUNDING).sum(axis=1)
            accuracy = tuple(share_interval(int(count), known.shape[1]) for count in held)
            median = tuple(median_interval(at, math.inf, why_none=_FEWER) for at in known)
            queries = milestones(result.attack.whole("queries"))
            curves.append(QueryCurve(result.attack, queries, accuracy, median))
    return tuple(curves)


def default_strengths(spec: InputSpec) -> tuple[float, ...]:
    """Give the strengths of curves for inputs like these."""
    return _COLOUR if 3 in spec.shape else _GREY


def accuracy_curves(
    classifier: Classifier,
    targets: Targets,
    strengths: Sequence[float],
    *,
    seed: int,
    pace: Pace,
) -> tuple[Curve, ...]:
    """Compute the curves of `CURVES` at rising strengths.

    In one share of a run those are not there of which another has some samples.
    """
    curves = []
    for number, name in enumerate(CURVES):
        attack = default_attack(name, classifier.spec)
        reason = reason_to_skip(attack, classifier, targets)
        if reason:
            curves.append(Curve(name, (), (), reason))
            continue
        with suppress(ShareDone):
            accuracy = _curve(classifier, targets, attack, sorted(strengths), seed, pace)
            curves.append(Curve(name, tuple(sorted(strengths)), accuracy))
        pace.progress("curves", number + 1, len(CURVES))
    return tuple(curves)


def _curve(
    classifier: Classifier,
    targets: Targets,
    attack: Attack,
    strengths: Sequence[float],
    seed: int,
    pace: Pace,
) -> tuple[Estimate, ...]:
    """Compute a curve, block of samples by block: what is attacked hangs on its own block alone."""
    correct = np.flatnonzero(targets.correct)
    parts = list(slices(len(correct), batch_size_for(classifier.spec)))
    mine = pace.blocks.mine(len(parts))
    noise = attack.entry.need == "predictions"
    held = np.zeros(len(strengths), dtype=np.int64)
    for part in compress(parts, mine):
        holding = correct[part]
        for place, strength in enumerate(strengths):
            rows = correct[part] if noise else holding
            outcome = run_attack(
                classifier,
                targets.take(rows),
                with_strength(attack, strength),
                seed=seed,
                pace=replace(pace, blocks=pace.blocks.not_shared()),
            )
            holding = rows[~outcome.success]
            held[place] += len(holding)
    if not all(mine):
        raise ShareDone
    return tuple(share_interval(int(count), len(targets.x)) for count in held)


def with_strength(attack: Attack, strength: float) -> Attack:
    """Give an attack another strength, and steps in proportion."""
    name = next(key for key in ("sigma", "epsilon", "budget") if key in attack.parameters)
    share = strength / attack.parameters[name]
    scaled = {
        key: value * share if key in (name, "step") else value
        for key, value in attack.parameters.items()
    }
    return Attack(attack.name, scaled)
