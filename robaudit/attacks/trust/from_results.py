"""Trust flags that need no further model evaluation: attacks compared on the same samples.

An attack that knows the gradients should beat one that does not, many steps
should beat one, and any direction that was chosen should beat chance (Athalye
et al., 2018; Carlini et al., 2019).
"""

from collections.abc import Sequence

import numpy as np

from robaudit.attacks.catalogue import CATALOGUE, Attack
from robaudit.attacks.effort import doubt_of, too_little_effort
from robaudit.attacks.outcome import ROUNDING, Outcome, Targets
from robaudit.attacks.run import AttackResult
from robaudit.attacks.trust.flag import (
    ERROR,
    NOTABLE,
    Flag,
    counted,
    flag,
    is_more_than,
    unchecked,
)
from robaudit.stats.exact import mcnemar

ITERATIVE = ("pgd", "bim", "mim")
SEEING = tuple(name for name, entry in CATALOGUE.items() if entry.need == "gradients")
BLIND = ("square", "hopskipjump", "hopskipjump-linf", "boundary")
BLACK_BOX = "black-box-beats-white-box"
MISLED = (
    "The gradients mislead the attacks that use them, so the score is too optimistic: take "
    "what all attacks together leave as the score, and attack with a smooth stand-in for "
    "the layers that hide gradients (BPDA), or with examples made on another model."
)


def lack_of_effort(targets: Targets, results: Sequence[AttackResult]) -> Flag:
    """Look for attacks whose own steps, or queries, are too few for their budget."""
    name = "too-little-effort"
    if not targets.correct.any():
        return unchecked(name, "no sample is in its reference class to begin with")
    ran = [
        result for result in results if result.outcome is not None and result.attack.entry.adversary
    ]
    if not ran:
        return unchecked(name, "no adversary was run")
    short = [
        f"{result.attack.entry.title}: {doubt}" for result in ran if (doubt := doubt_of(result))
    ]
    return flag(
        name,
        f"{'; '.join(short)}."
        if short
        else "Every adversary that ran had enough steps, or queries, for its budget.",
        {"attacks": len(short)},
        raised=bool(short),
        advice="What is left is no robustness: give more steps, larger ones, or more queries.",
    )


def black_box_beats_white_box(targets: Targets, results: Sequence[AttackResult]) -> Flag:
    """Look for samples that fell to a black box and to no gradient attack.

    Compared are attacks of one norm, at the largest budget that both sides have.
    """
    return _beaten(
        BLACK_BOX,
        targets,
        results,
        BLIND,
        "a black-box attack",
        MISLED,
    )


def noise_beats_gradients(targets: Targets, results: Sequence[AttackResult]) -> Flag:
    """Look for samples that fell to uniform noise and to no gradient attack as large."""
    return _beaten(
        "noise-beats-gradients",
        targets,
        results,
        ("uniform-noise",),
        "uniform noise",
        "An attack that loses to chance was misled or badly set: distrust the scores of the "
        "gradient attacks, and run black-box ones (--attack square).",
    )


def more_steps_do_not_help(targets: Targets, results: Sequence[AttackResult]) -> Flag:
    """Compare FGSM with the first iterative attack of the same epsilon: McNemar's exact test."""
    name = "more-steps-do-not-help"
    pair = next(
        (
            (single, many, attack)
            for kind in ITERATIVE
            for attack, many in finished(results, (kind,))
            for fgsm, single in finished(results, ("fgsm",))
            if abs(fgsm.budget - attack.budget) <= ROUNDING
        ),
        None,
    )
    if pair is None:
        return unchecked(name, "FGSM and an iterative attack were not run at the same epsilon")
    if not targets.correct.any():
        return unchecked(name, "no sample is in its reference class to begin with")
    single, many = (outcome.success[targets.correct] for outcome in pair[:2])
    total, title = len(single), pair[2].entry.title
    only_one, only_many = int((single & ~many).sum()), int((many & ~single).sum())
    worse = (only_one - only_many) / total
    return flag(
        name,
        f"FGSM broke {counted(only_one, total)} that {title} at the same epsilon did not, "
        f"and {title} {only_many} that FGSM did not.",
        {"difference": worse, "only_fgsm": only_one / total, "only_iterative": only_many / total},
        raised=worse > NOTABLE and mcnemar(single, many) / 2 <= ERROR,
        advice="More steps should only ever help: the gradients mislead away from the sample, or "
        f"the steps are too short or too few to cross the budget; raise step and steps of {title}.",
    )


def _beaten(
    name: str,
    targets: Targets,
    results: Sequence[AttackResult],
    blind: tuple[str, ...],
    title: str,
    advice: str,
) -> Flag:
    """Compare attacks that are blind to gradients with those that see them, sample by sample."""
    correct = targets.correct
    if not correct.any():
        return unchecked(name, "no sample is in its reference class to begin with")
    only_blind, only_seeing = np.zeros((2, len(correct)), dtype=bool)
    compared = False
    for attack, outcome in finished(results, blind):
        seeing = [pair for pair in finished(results, SEEING) if pair[0].norm == attack.norm]
        budgets = [
            attack.budget for attack, _ in seeing if attack.name != "fgsm"
        ]  # a single step is weak
        if not budgets:
            continue
        compared = True
        fell = outcome.distance <= min(attack.budget, max(budgets)) + ROUNDING
        known = np.any([outcome.success for _, outcome in seeing], axis=0)
        only_blind |= fell & ~known & correct
        only_seeing |= known & ~fell & correct
    if not compared:
        return unchecked(
            name,
            f"{title} and a gradient attack of many steps in the same norm were not both run",
        )
    total, count = int(correct.sum()), int(only_blind.sum())
    return flag(
        name,
        f"{title[0].upper()}{title[1:]} broke {counted(count, total)} that no gradient attack of "
        "the same norm and budget did.",
        {"share": count / total, "reverse": int(only_seeing.sum()) / total, "samples": total},
        raised=is_more_than(NOTABLE, count, total),
        advice=advice,
    )


def finished(
    results: Sequence[AttackResult], names: tuple[str, ...]
) -> list[tuple[Attack, Outcome]]:
    """List attacks of some names that were run, with what they found."""
    return [
        (result.attack, result.outcome)
        for result in results
        if result.outcome is not None and result.attack.name in names
    ]


def in_earnest(
    results: Sequence[AttackResult], names: tuple[str, ...]
) -> list[tuple[Attack, Outcome]]:
    """List those that had enough steps, or queries: of the others that flag says it all."""
    return [
        (attack, outcome)
        for attack, outcome in finished(results, names)
        if too_little_effort(attack, outcome.examples[0].size) is None
    ]
