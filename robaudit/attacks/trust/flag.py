"""What a trust flag is: a sentence on what was measured, and whether it should worry a reader."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

ERROR = 0.05
"""The chance of raising a flag where there is nothing but chance."""


@dataclass(frozen=True)
class Flag:
    """One reason to doubt a robust accuracy, looked for and found or not.

    ``raised`` is ``None`` where it could not be looked for; the sentence says why.
    Where it is raised the sentence says what to do. ``measured`` holds the figures
    behind it, shares of samples unless their names say otherwise.
    """

    name: str
    raised: bool | None
    sentence: str
    measured: Mapping[str, float] = field(default_factory=dict)


def unchecked(name: str, reason: str) -> Flag:
    """Make a flag that could not be looked for.

    >>> unchecked("randomised", "no sample is left").sentence
    'Not checked: no sample is left.'
    """
    return Flag(name, None, f"Not checked: {reason.rstrip('.')}.")


def flag(
    name: str, sentence: str, measured: Mapping[str, float], *, raised: bool, advice: str
) -> Flag:
    """Make a flag that says what was found and, where it is raised, what to do."""
    return Flag(name, raised, f"{sentence} {advice}" if raised else sentence, measured)


NOTABLE = 0.02
"""A smaller share of samples than this is no reason to doubt a score."""


def is_more_than(share: float, count: int, total: int, looks: int = 1) -> bool:
    """Tell whether ``count`` of ``total`` is beyond chance more than a share of all samples.

    The one-sided exact binomial test at 5 %, of so many ``looks`` together (Bonferroni).

    >>> is_more_than(0.02, 6, 100), is_more_than(0.02, 5, 100)
    (True, False)
    """
    if count <= share * total:
        return False

    def chance_of(k: int) -> float:
        ways = math.lgamma(total + 1) - math.lgamma(k + 1) - math.lgamma(total - k + 1)
        return math.exp(ways + k * math.log(share) + (total - k) * math.log1p(-share))

    return sum(map(chance_of, range(count, total + 1))) <= ERROR / looks


def counted(count: int, total: int) -> str:
    """Write a count of samples for people.

    >>> counted(3, 40)
    '3 of 40 samples (8 %)'
    """
    return f"{count} of {total} samples ({count / total:.0%})".replace("%", " %")
