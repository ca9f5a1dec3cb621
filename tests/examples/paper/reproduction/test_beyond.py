"""Which model comes nearest to both virtues."""

from dataclasses import replace

from reproduction.beyond import best_of_both
from reproduction.experiments import BEYOND
from tests.support.paper_measures import measures, model


def test_adversarial_training_itself_is_a_candidate_beyond_the_paper() -> None:
    under = dict.fromkeys(BEYOND, (0.3, 0.6)) | {
        "adversarial": (0.86, 0.74),
        "feedback": (0.49, 0.89),
        "feedback-on-adversarial": (0.66, 0.89),
    }
    answer, *said = best_of_both(measures("mnist", under))
    assert answer.startswith("No: none of the new ways")
    assert answer.endswith("nearest to both is Adv.")
    assert any(one.startswith("Adv.: ") for one in said)
    kept, *_ = best_of_both(measures("mnist", {**under, "feedback-rounds": (0.87, 0.885)}))
    assert kept.startswith("Yes: F.L., several rounds (3 seeds, paired)")
    assert kept.endswith("nearest to both is F.L., several rounds.")


def test_accuracy_is_a_second_criterion() -> None:
    some = measures("mnist", {"adversarial": (0.9, 0.9), "feedback-rounds": (0.7, 0.6)})
    more = tuple(model(0.7, 0.6, seed, accuracy=0.95) for seed in range(3))
    some = replace(some, models={**some.models, "feedback-rounds": more})
    said = best_of_both(some)[1]
    assert "a second criterion" in said
    assert "nearest to both is F.L., several rounds, by +5.0 [+5.0, +5.0]" in said
