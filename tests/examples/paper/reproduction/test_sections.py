"""The section of a data set has its name, its verdict and its tables."""

from reproduction.sections import section_of
from reproduction.settings import ATTACKS
from tests.support.paper_measures import MADE, measures


def test_both_data_sets_are_judged_and_named() -> None:
    under = {"original": (0.3, 0.7), "adversarial": (0.8, 0.3), "feedback": (0.5, 0.9)}
    budgets = {name: {"budget": 0.1, "holds": 0.4, "wanted": 0.5} for name in ATTACKS}
    for dataset, title in (("mnist", "MNIST"), ("cifar10", "CIFAR-10")):
        main, _ = section_of(measures(dataset, under), budgets, MADE)
        assert main["verdict"].startswith(f"{title}. Reproduced: ")
        assert "F.L. above Ori. under gradient attacks" in main["verdict"]
        assert {one["where"] for one in main["agreement"]} >= {"Table I", "Table III", "R"}
        (table,) = (one for one in main["tables"] if one["id"] == "budgets")
        assert table["reading"][0].startswith("Not reached: ")
        assert ("repeats its row of FGSM" in " ".join(table["reading"])) == (dataset == "cifar10")
