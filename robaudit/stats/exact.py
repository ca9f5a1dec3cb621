"""Exact tests and bounds: counts of things drawn, and of samples on which two models differ."""

import math
import sys

import numpy as np

from robaudit.types import BoolArray


def hypergeometric_upper_bound(of_kind: int, drawn: int, total: int, error: float = 0.05) -> int:
    """Bound how many of ``total`` things are of a kind, when ``of_kind`` of ``drawn`` are.

    They were drawn at random without replacement. The exact one-sided bound: the
    largest number for which so few would be found with a chance of more than ``error``.

    >>> hypergeometric_upper_bound(0, 3000, 10**9) / 10**9
    0.000998...
    >>> hypergeometric_upper_bound(2, 50, 50)
    2
    """
    low, high = of_kind, total - drawn + of_kind
    while low < high:
        middle = (low + high + 1) // 2
        # A chance of just so much counts as less, however its sum was rounded.
        if _chance_of_at_most(of_kind, drawn, middle, total) > error * (1 + 1e-9):
            low = middle
        else:
            high = middle - 1
    return low


def _chance_of_at_most(of_kind: int, drawn: int, kind: int, total: int) -> float:
    """Sum the hypergeometric distribution up to ``of_kind``."""
    return sum(
        math.exp(
            _log_ways(kind, count)
            + _log_ways(total - kind, drawn - count)
            - _log_ways(total, drawn)
        )
        for count in range(max(0, drawn - (total - kind)), min(of_kind, kind) + 1)
    )


def _log_ways(things: int, chosen: int) -> float:
    """Logarithm of the number of ways to choose some of some things."""
    if not 0 <= chosen <= things:
        return -math.inf
    return math.lgamma(things + 1) - math.lgamma(chosen + 1) - math.lgamma(things - chosen + 1)


def mcnemar(first: BoolArray, second: BoolArray) -> float:
    """Two-sided exact p-value that two classifiers are right equally often; never 0.

    ``first`` and ``second`` (n,) mark the same samples as right or wrong.

    >>> mcnemar(np.array([True] * 6), np.array([False] * 6))
    0.03125
    """
    only_first = int(np.sum(first & ~second))
    differ = only_first + int(np.sum(second & ~first))
    fewer = min(only_first, differ - only_first)
    ways = choices = 1
    for chosen in range(1, fewer + 1):
        choices = choices * (differ - chosen + 1) // chosen
        ways += choices
    return min(1.0, max(float(2 * ways / 2**differ), sys.float_info.min))
