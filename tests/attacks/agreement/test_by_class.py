"""Classes that the two distances rank apart, and not by chance."""

import numpy as np
import pytest

from robaudit.attacks.agreement.by_class import disagreeing_classes
from robaudit.stats.rank_correlation import ranks
from tests.support.agreements import by_classes


def test_classes_that_the_two_rank_apart_are_named() -> None:
    rising = [0.01, 0.02, 0.03, 0.04, 0.05, 0.06]
    margins = [0.1, 0.2, 0.3, 0.4, 0.5, 0.15]
    assert by_classes(rising, margins).disagreeing == (5,)
    sentence = by_classes(rising, margins).sentence
    assert "rank apart by a third of all or more, beyond chance: 5." in sentence
    assert by_classes(rising, [0.1, 0.2, 0.3, 0.4, 0.5, 0.45]).disagreeing == ()
    assert by_classes(rising, [0.1, 0.2, 0.3, 0.4, 0.45, 0.5]).rank_correlation.value == (
        pytest.approx(1.0)
    )
    assert by_classes([0.01, 0.02], [0.2, 0.1]).disagreeing == ()


def test_classes_are_not_named_for_what_chance_may_do() -> None:
    """Six classes alike: the ranks of some differ by two or more, and mean nothing."""
    random, named = np.random.default_rng(0), 0
    origin = np.repeat(np.arange(6), 12)
    for _ in range(100):
        distance, margin = random.uniform(0.01, 0.1, 72), random.uniform(0.3, 0.5, 72)
        middles = [np.median(distance[origin == one]) for one in range(6)]
        means = [margin[origin == one].mean() for one in range(6)]
        apart = np.abs(ranks(np.array(middles)) - ranks(np.array(means)))
        named += bool(disagreeing_classes(distance, margin, origin))
        assert apart.max() >= 1
    assert named <= 100 / 20
