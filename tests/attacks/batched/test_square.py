"""Square: within the budget by scores alone, on pictures of either layout and on none."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit.attacks.batched.square import square
from robaudit.attacks.chance import Chance
from robaudit.testing import affine_classifier
from robaudit.types import FloatArray
from tests.support.nearest_affine import BIAS, WEIGHTS, nearest_distances, some_classes


@pytest.mark.parametrize("shape", [(1, 6, 6), (3, 3, 4), (4, 3, 3), (6, 3, 2), (36,)])
def test_those_fall_that_the_closed_form_says(shape: tuple[int, ...]) -> None:
    """Of an affine model the corner of the ball is reached, square by square."""
    _, x, y = some_classes()
    classifier = replace(affine_classifier(WEIGHTS, BIAS, shape), vjp=None)
    found = square(classifier, x, y, Chance(0, np.arange(len(x))), epsilon=0.06, queries=400)
    fell = classifier.predict(found.reshape(-1, *shape)).argmax(axis=1) != y
    distance = nearest_distances(x, y, "linf")
    assert not fell[distance > 0.06].any()
    assert fell[distance < 0.05].mean() > 0.9
    assert np.abs(found - x).max() <= 0.06 + 1e-6
    assert 0 <= found.min() <= found.max() <= 1


def test_a_query_is_one_pass_of_those_that_hold() -> None:
    classifier, x, y = some_classes()
    asked: list[int] = []

    def counted(points: FloatArray) -> FloatArray:
        asked.append(len(points))
        return classifier.predict(points)

    told = replace(classifier, predict=counted, vjp=None)
    square(told, x, y, Chance(0, np.arange(len(x))), epsilon=0.05, queries=60)
    assert len(asked) == 1 + 60
    assert asked == sorted(asked, reverse=True)
    assert asked[-1] < asked[0] == len(x)


def test_a_sample_is_attacked_alike_whatever_stands_beside_it() -> None:
    classifier, x, y = some_classes()
    rows = np.arange(len(x))
    whole = square(classifier, x, y, Chance(0, rows), epsilon=0.05, queries=50)
    some = rows[::-7]
    alone = square(classifier, x[some], y[some], Chance(0, some), epsilon=0.05, queries=50)
    np.testing.assert_allclose(alone, whole[some], atol=1e-6)
    none = square(classifier, x[:0], y[:0], Chance(0, rows[:0]), epsilon=0.05, queries=5)
    assert none.shape == (0, 36)
