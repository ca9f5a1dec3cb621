"""The paper's own numbers."""

import pytest

from reproduction.experiments import PAPER_MODELS
from reproduction.paper import paper_numbers
from reproduction.settings import ATTACKS


def test_the_papers_numbers_are_whole() -> None:
    for dataset in ("mnist", "cifar10"):
        numbers = paper_numbers(dataset)
        shares = numbers["adjacent_share"]
        assert sum(shares["classes"]) + shares["none"] == pytest.approx(1, abs=2e-3)
        assert set(numbers["attacks"]) == set(ATTACKS)
        assert set(numbers["robustness"]) == set(PAPER_MODELS)
        assert all(len(one) == 10 for one in numbers["class_robustness"].values())
