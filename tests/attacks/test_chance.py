"""What is drawn for a sample: the same whatever else is attacked, in whatever batches."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit import Classifier
from robaudit.attacks.chance import Chance
from robaudit.attacks.outcome import Targets
from robaudit.attacks.run import run_attack
from robaudit.batches import Pace
from tests.support.flat_boundary import attack, run

ROWS = np.array([5, 0, 9])
DRAWN_FOR_EACH = [
    "uniform-noise:epsilon=0.5",
    "gaussian-noise:sigma=0.5",
    "hopskipjump:queries=200",
    "hopskipjump-linf:queries=200",
    "boundary:queries=200",
]
DRAWN_FOR_MANY = [
    "pgd:epsilon=0.1,step=0.02,steps=3",
    "square:epsilon=0.15,queries=30",
]


def test_the_numbers_of_a_sample_are_its_own() -> None:
    drawn = Chance(0, ROWS).uniform(0.5, (2, 3))
    assert drawn.shape == (3, 2, 3)
    assert np.abs(drawn).max() <= 0.5
    np.testing.assert_array_equal(drawn[::-1], Chance(0, ROWS[::-1]).uniform(0.5, (2, 3)))
    np.testing.assert_array_equal(drawn[1:2], Chance(0, ROWS[1:2]).uniform(0.5, (2, 3)))
    assert (drawn != Chance(1, ROWS).uniform(0.5, (2, 3))).all()
    assert Chance(0, ROWS[:0]).normal(1.0, (4,)).shape == (0, 4)


@pytest.mark.parametrize("text", [*DRAWN_FOR_EACH, *DRAWN_FOR_MANY])
def test_examples_do_not_depend_on_the_batch_size(
    classifier: Classifier, targets: Targets, text: str
) -> None:
    pytest.importorskip("art")
    whole, parts = (
        run_attack(classifier, targets, attack(text), seed=0, pace=Pace(size)) for size in (80, 7)
    )
    np.testing.assert_array_equal(whole.success, parts.success)
    np.testing.assert_array_equal(whole.examples, parts.examples)


@pytest.mark.parametrize("text", DRAWN_FOR_EACH)
def test_examples_do_not_depend_on_what_else_is_attacked(
    classifier: Classifier, targets: Targets, text: str
) -> None:
    places = np.arange(80)[::-3]
    some = run(classifier, targets.take(places), text)
    np.testing.assert_array_equal(some.examples, run(classifier, targets, text).examples[places])
    elsewhere = run(classifier, replace(targets, rows=np.arange(80) + 1), text)
    assert (elsewhere.examples != run(classifier, targets, text).examples).any()
