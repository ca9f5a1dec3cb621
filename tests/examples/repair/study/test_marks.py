"""Marks are met or missed by whole intervals."""

from typing import Any

import numpy as np

from study.marks import differences_of, marks_of
from study.measuring import Measured
from study.scores import GROUPS
from tests.support.repair_runs import made_up

LABELS = np.arange(100) % 10
NAMES = [name for names in GROUPS.values() for name in names]


def holding(share: int, **names: int) -> Measured:
    """Hold a share of the images, in percent, by all names but those that say otherwise."""
    return made_up({name: np.arange(100) < names.get(name, share) for name in NAMES}, LABELS)


def models(combined: Measured) -> dict[str, list[Measured]]:
    return {
        "original": [holding(90)],
        "adversarial": [holding(80)],
        "feedback": [holding(80)],
        "combined": [combined],
    }


COSTS = {"original": [0.0], "adversarial": [10.0], "feedback": [3.0], "combined": [5.0]}


def verdicts(combined: Measured, dataset: str = "digits") -> dict[str, Any]:
    return {row["what"]: row["verdict"] for row in marks_of(models(combined), COSTS, dataset)}


def test_what_is_as_good_everywhere_meets_every_mark() -> None:
    assert set(verdicts(holding(90)).values()) == {"met"}


def test_a_whole_interval_below_the_mark_misses_it() -> None:
    found = verdicts(holding(90, clean=60))
    assert found["clean"] == "missed"
    assert found["noise"] == "met"


def test_a_mark_within_the_interval_is_open() -> None:
    assert verdicts(holding(90, clean=88))["clean"] == "open"


def test_a_cost_above_half_of_adversarial_training_misses_its_mark() -> None:
    costs = {**COSTS, "combined": [5.1]}
    rows = marks_of(models(holding(90)), costs, "digits")
    assert [row["verdict"] for row in rows if row["what"] == "cost"] == ["missed"]


def test_the_papers_gains_are_marks_on_mnist_alone() -> None:
    assert "fgsm" not in verdicts(holding(90))
    assert verdicts(holding(90), "mnist")["fgsm"] == "missed"


def test_accuracy_is_compared_with_adversarial_training_on_cifar10() -> None:
    for dataset, against in (("mnist", "original"), ("cifar10", "adversarial")):
        rows = marks_of(models(holding(85)), COSTS, dataset)
        assert {row["against"] for row in rows if row["what"] == "clean"} == {against}


def test_differences_are_adjusted_for_the_number_of_all_of_them() -> None:
    rows = differences_of(models(holding(70)), "digits")
    assert len(rows) == 4 * 3
    worst = min(row["p_value"] for row in rows)
    assert min(row["adjusted"] for row in rows) == min(1.0, len(rows) * worst)


def test_what_users_get_is_compared_with_what_they_brought_once_in_each_respect() -> None:
    given_back = {**models(holding(70)), "combined-as-harden": [holding(95)]}
    rows = differences_of(given_back, "digits")
    own = [row for row in rows if row["model"] == "combined-as-harden"]
    against = [row["what"] for row in own if row["against"] == "original"]
    assert sorted(against) == ["PGD at training's budget", "clean", "gradient attacks", "noise"]
    assert all(abs(row["value"] - 0.05) < 1e-9 for row in own if row["against"] == "original")
