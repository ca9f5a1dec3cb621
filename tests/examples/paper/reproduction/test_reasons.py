"""Likely reasons are given where something differs, and nowhere else."""

from reproduction.paper import paper_attacks
from tests.support.paper_measures import judged, measures


def test_adversarial_training_under_noise_on_mnist_is_told_as_it_is() -> None:
    """The paper's Adv. falls below its Ori.; a likely reason is given only where ours does not."""
    claim = ("Table III", "Ori. above Adv. under noise")
    same = judged(measures("mnist", {"original": (0.3, 0.73), "adversarial": (0.8, 0.731)}))[claim]
    assert same["verdict"] == "not reproduced"
    assert "Likely" in same["text"]
    below = judged(measures("mnist", {"original": (0.3, 0.73), "adversarial": (0.8, 0.35)}))[claim]
    assert below["verdict"] == "reproduced"
    assert "Likely" not in below["text"]


def test_the_reason_for_pgd_is_given_only_where_it_is_below() -> None:
    def numbers_of(feedback: float) -> str:
        found = judged(measures("mnist", {"feedback": (feedback, 0.5)}))
        return str(found["Table III", "its numbers"]["text"])

    assert "F.L. under PGD stays below" in numbers_of(0.3)
    assert "F.L. under PGD stays below" not in numbers_of(paper_attacks("mnist", "pgd")["feedback"])
