"""Which attacks of two audits can be compared: the same ones, on the same samples."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robaudit.phrases import printable
from robaudit.record.findings import Attacked, Findings
from robaudit.record.schema.attacks import AttackRecord

_ONLY_BEFORE = "it did not run with the same parameters in the audit after"
_ONLY_AFTER = "it did not run with the same parameters in the audit before"


@dataclass(frozen=True)
class Match:
    """An attack that ran in both audits, and its place in the record before."""

    place: int
    name: str
    before: Attacked
    after: Attacked


def match_attacks(before: Findings, after: Findings) -> tuple[list[Match], list[str]]:
    """Match attacks of the same name and parameters; say of the others why they are left out."""
    attacks, others = before.audit_record.attacks, after.audit_record.attacks
    if not (attacks and others):
        when = "before" if attacks else "after"
        sentence = f"No attack was compared: only the audit {when} ran any."
        return [], [sentence] if attacks or others else []
    matches: list[Match] = []
    left_out: list[str] = []
    for place, attack in enumerate(attacks):
        partner = _partner(attack, others)
        match = _ONLY_BEFORE if partner is None else _match(before, place, after, partner)
        if isinstance(match, Match):
            matches.append(match)
        else:
            left_out.append(_sentence(attack, match))
    left_out += [
        _sentence(attack, _ONLY_AFTER) for attack in others if _partner(attack, attacks) is None
    ]
    return matches, left_out


def _match(before: Findings, place: int, after: Findings, other: int) -> Match | str:
    """Match two attacks of the same parameters, or say why that is not possible."""
    attack = before.audit_record.attacks[place]
    one, two = before.attacks[place], after.attacks[other]
    if one is None or two is None:
        skipped = attack.skipped or after.audit_record.attacks[other].skipped
        return skipped or "what it did to each sample is not known (no attacks.npz)"
    if not np.array_equal(one.rows, two.rows):
        return "it ran on other samples"
    return Match(place, attack.name, one, two)


def _partner(attack: AttackRecord, others: Sequence[AttackRecord]) -> int | None:
    """Find the place of the attack with the same parameters."""
    same = (
        place
        for place, other in enumerate(others)
        if (other.name, other.parameters) == (attack.name, attack.parameters)
    )
    return next(same, None)


def _sentence(attack: AttackRecord, reason: str) -> str:
    parameters = ", ".join(f"{key} {value:g}" for key, value in attack.parameters.items())
    return printable(f"{attack.title} ({parameters}) was not compared: {reason}.")
