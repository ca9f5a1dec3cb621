"""Differences are paired by seed, with what could have been seen, and adjusted p-values."""

import pytest

pytest.importorskip("statsmodels")

from tests.support import compensation_runs  # noqa: F401 - finds the study
from weighing.results import PRIMARY, differences_of
from weighing.work import Measured

_NAMES = ("accuracy", *PRIMARY)


def _made_up(values: list[float]) -> list[Measured]:
    return [Measured(dict.fromkeys(_NAMES, value), (value, 1.0)) for value in values]


def test_differences_are_paired_by_seed() -> None:
    models = {
        "original": _made_up([0.1, 0.5, 0.9]),
        "even": _made_up([0.2, 0.6, 1.0]),
        "levels": _made_up([0.2, 0.5, 1.1]),
        "neighbours": _made_up([0.3, 0.7, 1.1]),
    }
    rows = {(row["model"], row["against"], row["in"]): row for row in differences_of(models)}
    assert len(rows) == 4 * len(_NAMES)
    sure = rows["neighbours", "even", "Gini"]
    assert sure["value"] == pytest.approx(0.1)
    assert sure["high"] - sure["low"] == pytest.approx(0, abs=1e-9)
    unsure = rows["levels", "even", "Gini"]
    # Differences of 0, -.1 and .1: a standard error of .1 over the root of 3, two degrees.
    assert (unsure["low"], unsure["high"]) == pytest.approx((-0.24841, 0.24841), abs=1e-5)
    assert unsure["seen"] == pytest.approx(0.1 / 3**0.5 * (4.30265 + 1.06066), abs=1e-5)
    assert unsure["adjusted"] == pytest.approx(1)


def test_p_values_are_adjusted_where_compensation_is_judged_and_nowhere_else() -> None:
    some = _made_up([0.1, 0.3, 0.2])
    models = dict.fromkeys(("original", "even", "levels", "neighbours"), some)
    for row in differences_of(models):
        judged = row["in"] in PRIMARY and row["against"] != "original"
        assert (row["adjusted"] is not None) == judged


def test_the_weakest_class_is_that_of_the_smallest_margin() -> None:
    assert Measured({}, (0.9, 0.4, 0.5)).weakest == 1
