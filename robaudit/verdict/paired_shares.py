"""Which samples two models got right, class by class and attack by attack, to be compared."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robaudit.comparison.matching import Match, match_attacks
from robaudit.metrics.gates import WORST, Gate
from robaudit.record.findings import Findings
from robaudit.types import BoolArray, IntArray
from robaudit.verdict.gated import adversaries


@dataclass(frozen=True)
class PairedShares:
    """Shares of which the least is meant; one of them is itself.

    ``before`` and ``after`` mark, for each share, which of its samples are right.
    ``members`` numbers the samples that it is of: shares with the same number are paired.
    ``classes`` are their classes, of shares of classes.
    """

    before: tuple[BoolArray, ...]
    after: tuple[BoolArray, ...]
    members: tuple[int, ...]
    classes: tuple[int, ...] = ()


def accuracy_shares(
    gate: Gate, before: Findings, after: Findings, index: int | None
) -> PairedShares | str:
    """Give clean accuracy: of all images, of a class, or of each for the worst; or why not."""
    if before.labels is None or after.labels is None:
        return "there are no labels"
    rights = [(before.predicted == before.labels, after.predicted == after.labels)]
    return _shares(gate, rights, before.labels, index)


def robust_shares(
    gate: Gate, before: Findings, after: Findings, index: int | None
) -> PairedShares | str:
    """Give accuracy under an attack, or under each adversary, as `accuracy_shares` does.

    Adversaries that only the audit after ran are left out, those that only the one before
    ran are a reason against it: without them the strongest may be missing.
    """
    matches, _ = match_attacks(before, after)
    wanted = _wanted(gate, before)
    if not wanted:
        return f"the baseline did not run {gate.attack or 'any adversary'}"
    there = {match.place: match for match in matches}
    missing = [place for place in wanted if place not in there]
    if missing:
        names = ", ".join(before.audit_record.attacks[place].title for place in missing)
        return f"{names} did not run now as it did for the baseline"
    chosen: list[Match] = [there[place] for place in wanted]
    rights = [(~match.before.success, ~match.after.success) for match in chosen]
    rows = chosen[0].before.rows
    places = np.searchsorted(before.rows, rows, sorter=(order := np.argsort(before.rows)))
    if gate.of_class is not None and not np.array_equal(before.origin, after.origin):
        return "the two models put samples into other classes to begin with"
    return _shares(gate, rights, before.origin[order[places]], index)


def _wanted(gate: Gate, before: Findings) -> list[int]:
    """Give the places of the attacks of the baseline that a gate is on."""
    if gate.attack is None:
        return adversaries(before)
    attacks = before.audit_record.attacks
    return [
        place
        for place, attack in enumerate(attacks)
        if attack.name == gate.attack and not attack.skipped
    ][:1]


def _shares(
    gate: Gate,
    rights: Sequence[tuple[BoolArray, BoolArray]],
    classes: IntArray,
    index: int | None,
) -> PairedShares | str:
    kept = [np.full(len(classes), True)]
    if index is not None:
        kept = [classes == index]
    found: list[int] = []
    if gate.of_class == WORST:
        found = np.unique(classes).tolist()
        kept = [classes == each for each in found]
    if not kept[0].any():
        return "there is no sample of this class"
    before, after, members, of_classes = [], [], [], []
    for number, marks in enumerate(kept):
        for one, other in rights:
            before.append(one[marks])
            after.append(other[marks])
            members.append(number)
            of_classes += found[number : number + 1]
    return PairedShares(tuple(before), tuple(after), tuple(members), tuple(of_classes))
