"""Levels of classes: their rank by R_i, by which the paper chooses examples (Section IV-B)."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

Level = Literal["high", "medium", "low"]

HIGH_SHARE = 0.2
LOW_SHARE = 0.5
"""Top and bottom shares of classes that are called high and low (Section IV-B)."""


def robustness_levels(
    ranking: Sequence[float | None], high_share: float = HIGH_SHARE, low_share: float = LOW_SHARE
) -> tuple[Level | None, ...]:
    """Call the top 20 % of classes high, the bottom 50 % low, the rest medium.

    ``ranking`` holds what each class is ranked by, ``None`` for a class without
    a rank. A class at place p of n (from 0, the most robust) is high when
    p < ``high_share`` * n and low when p >= (1 - ``low_share``) * n; of equals, the
    earlier class comes first. One whose rank is below 0, which is that of a class as vulnerable
    as can be, is low wherever it stands: it may be that all are.

    >>> robustness_levels([7.0, None, 0.1, 2.0]), robustness_levels([-1.0, -1.0])
    (('high', None, 'low', 'medium'), ('low', 'low'))
    """
    ranked = [index for index, value in enumerate(ranking) if value is not None]
    ranked.sort(key=lambda index: -(ranking[index] or 0.0))
    levels: list[Level | None] = [None] * len(ranking)
    for place, index in enumerate(ranked):
        vulnerable = (ranking[index] or 0.0) < 0
        if vulnerable or place >= (1 - low_share) * len(ranked):
            levels[index] = "low"
        elif place < high_share * len(ranked):
            levels[index] = "high"
        else:
            levels[index] = "medium"
    return tuple(levels)


def levels_by_rank(robustness: Sequence[float | None]) -> tuple[Level | None, ...]:
    """Give the levels of classes by their R_i, ``None`` without one, and where it is another's too.

    To choose examples each class must have one (`class_ranking`); to be told of, it must
    be its own.

    >>> levels_by_rank([7.0, None, 0.1, 2.0, 0.1])
    ('high', None, None, 'medium', None)
    """
    times = Counter(robustness)
    levels = robustness_levels(robustness)
    return tuple(
        level if times[value] == 1 else None
        for level, value in zip(levels, robustness, strict=True)
    )
