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


def test_what_is_within_a_point_in_the_mean_alone_is_open() -> None:
    """One seed says nothing of others, nor do seeds that differ by more than is left."""
    under = dict.fromkeys(BEYOND, (0.3, 0.6)) | {"adversarial": (0.86, 0.74)}
    near = {**under, "feedback": (0.49, 0.89), "feedback-rounds": (0.87, 0.885)}
    some = measures("mnist", near)
    one, *_ = best_of_both(some.first(1, tuple(some.models)))
    assert one.startswith("Open, since one seed has no interval; within 1.0 point of both here: F")
    spread = tuple(model(0.87 + 0.05 * seed, 0.885, seed) for seed in (-1, 0, 1))
    some = replace(some, models={**some.models, "feedback-rounds": spread})
    apart, *_ = best_of_both(some)
    assert apart.startswith("Open: nothing is shown for or against F.L., several rounds (3 seeds")


def test_accuracy_is_a_second_criterion() -> None:
    some = measures("mnist", {"adversarial": (0.9, 0.9), "feedback-rounds": (0.7, 0.6)})
    more = tuple(model(0.7, 0.6, seed, accuracy=0.95) for seed in range(3))
    some = replace(some, models={**some.models, "feedback-rounds": more})
    said = best_of_both(some)[1]
    assert "a second criterion" in said
    assert "nearest to both is F.L., several rounds, by +5.0 [+5.0, +5.0]" in said
