"""Naming a class: the worst where it stands out, those that may be, those that changed."""

import numpy as np

from robaudit.stats.means import Means
from robaudit.stats.naming import find_worst
from robaudit.types import FloatArray


def classes(value: FloatArray, error: float, samples: int = 50) -> Means:
    full = np.ones_like(value)
    return Means(value, full * error**2, 0 * full, full * (samples - 1), full * samples)


def test_the_worst_is_named_where_it_lies_below_all_others() -> None:
    found = find_worst(classes(np.array([0.8, 0.3, 0.7]), 0.02))
    assert (found.index, found.named, found.alike.tolist()) == (1, True, [False, True, False])


def test_those_that_cannot_be_told_from_it_are_alike() -> None:
    found = find_worst(classes(np.array([0.9, 0.3, 0.31, 0.7]), 0.02))
    assert (found.index, found.named) == (1, False)
    assert found.alike.tolist() == [False, True, True, False]


def test_of_equal_classes_one_in_twenty_at_most_is_named() -> None:
    random = np.random.default_rng(0)
    for count in (2, 10):
        named = [
            find_worst(classes(0.5 + random.normal(0, 0.05, count), 0.05)).named for _ in range(400)
        ]
        assert np.mean(named) < 0.07


def test_a_class_without_a_variance_is_alike_to_all() -> None:
    means = classes(np.array([0.9, 0.3, 0.8]), 0.001)
    means.freedom[0] = 0
    found = find_worst(means)
    assert not found.named
    assert found.alike.tolist() == [True, True, False]
