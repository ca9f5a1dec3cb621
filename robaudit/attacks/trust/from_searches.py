"""Trust flags that look at how attacks searched: what stronger ones add, and where they ended."""

from collections.abc import Sequence

import numpy as np

from robaudit.attacks.batched_attacks import DECISION_ATTACKS, QUERY_ATTACKS
from robaudit.attacks.catalogue import CATALOGUE, Attack
from robaudit.attacks.outcome import ROUNDING, Targets
from robaudit.attacks.run import AttackResult
from robaudit.attacks.trust.flag import NOTABLE, Flag, counted, flag, is_more_than, unchecked
from robaudit.attacks.trust.from_results import finished, in_earnest
from robaudit.search.directions import rms
from robaudit.types import BoolArray, Classifier, FloatArray

_MUCH = 0.05
"""What a complete adversary may break beyond PGD where nothing is wrong with the gradients."""

SMALLEST = tuple(
    name
    for name in ("deepfool", "cw-l2", "ddn", "fmn-l2", *DECISION_ATTACKS)
    if CATALOGUE[name].norm == "l2"
)
"""Attacks that look for the smallest change in L2, whatever its length."""

_FLAT = (0.0, 0.5, 1.0)
_NO_SAMPLE = "no sample is in its reference class to begin with"


def far_below_pgd(targets: Targets, results: Sequence[AttackResult]) -> Flag:
    """Count the samples that PGD left and the other adversaries together break, within its budget.

    Where AutoAttack ran, it is one of them.
    """
    name, correct = "far-below-pgd", targets.correct
    if not correct.any():
        return unchecked(name, _NO_SAMPLE)
    pgd = in_earnest(results, ("pgd",))
    others = [
        pair
        for pair in finished(results, tuple(CATALOGUE))
        if pair[0].entry.adversary and pair[0].name not in ("pgd", "fgsm")
    ]
    if not pgd:
        return unchecked(name, "PGD was not run, or with too few steps")
    attack, left = pgd[0][0], ~pgd[0][1].success
    others = [pair for pair in others if pair[0].norm == attack.norm]
    if not others:
        return unchecked(name, "no stronger adversary was run beside PGD (--attack autoattack)")
    within = [outcome.distance <= attack.budget + ROUNDING for _, outcome in others]
    beyond = correct & left & np.any(within, axis=0)
    count, total = int(beyond.sum()), int(correct.sum())
    return flag(
        name,
        f"{counted(count, total)} held against PGD, and fell to the other adversaries of its norm "
        "and budget.",
        {"share": count / total, "samples": total},
        raised=is_more_than(_MUCH, count, total),
        advice="PGD was misled: take what all adversaries leave together as the score, and "
        "look at what hides the gradients.",
    )


def large_smallest_changes(
    classifier: Classifier, targets: Targets, results: Sequence[AttackResult]
) -> Flag:
    """Count the samples for which nothing was found, or nothing nearer than a flat image.

    A flat image (black, grey or white) of another class is there for whoever knows nothing of
    the sample: an attack that ends no nearer ended at the end of what it could change. Looked
    at is one attack after the other, of those in L2: what is smallest in another norm may be
    longer there.
    """
    name, correct = "large-smallest-changes", targets.correct
    if not correct.any():
        return unchecked(name, _NO_SAMPLE)
    ran = in_earnest(results, SMALLEST)
    if not ran:
        return unchecked(name, "no attack that looks for the smallest change (L2) ran in earnest")
    end = _to_flat_images(classifier, targets)
    total = int(correct.sum())
    lost = {
        attack.entry.title: int((correct & ~(outcome.nearest < end)).sum())
        for attack, outcome in ran
    }
    worst = max(lost, key=lost.__getitem__)
    raised = [title for title, count in lost.items() if is_more_than(_MUCH, count, total, len(ran))]
    return flag(
        name,
        f"{worst} found nothing nearer than a flat image, or nothing at all, for "
        f"{counted(lost[worst], total)}.",
        {"share": lost[worst] / total, "attacks": len(raised), "samples": total},
        raised=bool(raised),
        advice=f"What {' and '.join(raised)} found is no smallest change, so that distances are "
        "too long: give more steps or queries, and look at what hides the gradients.",
    )


def _to_flat_images(classifier: Classifier, targets: Targets) -> FloatArray:
    """Measure how far samples lie from the nearest flat image of another class: RMS (S,)."""
    spec, end = classifier.spec, np.full(len(targets.x), np.inf)
    for share in _FLAT:
        image = np.full((1, *spec.shape), spec.low + share * (spec.high - spec.low), np.float32)
        other = classifier.predict(image).argmax(axis=1)[0] != targets.origin
        far = rms(image - targets.x, spec.high - spec.low)
        end = np.where(other, np.minimum(end, far), end)
    return end


def queries_too_few(targets: Targets, results: Sequence[AttackResult]) -> Flag:
    """Count the samples that fell to the last half of an attack's queries: many would to more.

    Not those that another adversary broke as well: they are lost however few queries there are.
    """
    name, correct = "queries-too-few", targets.correct
    if not correct.any():
        return unchecked(name, _NO_SAMPLE)
    gains: dict[str, int] = {}
    for attack, outcome in finished(results, tuple(QUERY_ATTACKS)):
        known = outcome.by_queries
        if known is not None and len(known) > 1:
            within = known <= attack.budget + ROUNDING
            late = within[-1] & ~within[-2]
            late &= ~_broken_by_others(attack, targets, results)
            queries = attack.whole("queries")
            gains[f"{attack.entry.title} with {queries:,} queries"] = int(late.sum())
    if not gains:
        return unchecked(name, "no attack by queries was run")
    total = int(correct.sum())
    most = max(gains, key=gains.__getitem__)
    looks = len(gains)
    raised = [one for one, gain in gains.items() if is_more_than(NOTABLE, gain, total, looks)]
    return flag(
        name,
        f"{most} broke {counted(gains[most], total)} that it had not with half of them, and "
        "no other adversary did.",
        {"share": gains[most] / total, "attacks": len(raised), "samples": total},
        raised=bool(raised),
        advice="More queries would break more: what it leaves is no robustness; double them until "
        "the curve is flat.",
    )


def _broken_by_others(
    attack: Attack, targets: Targets, results: Sequence[AttackResult]
) -> BoolArray:
    """Mark the samples that other adversaries broke within an attack's norm and budget: (S,)."""
    broken = ~targets.correct
    for other, outcome in finished(results, tuple(CATALOGUE)):
        if other.entry.adversary and other.name != attack.name and other.norm == attack.norm:
            broken = broken | (outcome.distance <= attack.budget + ROUNDING)
    return broken
