"""Scores of points on rays: the same whatever the batch, in halves where memory is short."""

import math
from dataclasses import replace

import numpy as np
import pytest

from robaudit import Classifier, InputSpec, SearchPlan
from robaudit.predicting import classes_of, make_probe
from robaudit.search.batch_size import measured_batch_size
from robaudit.search.boundary_search import search
from robaudit.search.directions import random_directions
from robaudit.search.ray_scores import score_gaps
from tests.support.crossings import PLAN, affine, find, share_that_differs
from tests.support.searches import SHAPE


@pytest.mark.parametrize(
    ("dtype", "offset", "units", "ties"),
    [
        (np.float32, 0, 1, 0.01),
        (np.float32, 300, 1, 0.02),  # gaps are far smaller than scores
        (np.float32, 0, 2**12, 0.1),  # as half precision inside the model makes it
        (np.float16, 0, 0.5, 0.15),
    ],
)
def test_nothing_depends_on_the_batch(
    dtype: type, offset: float, units: float, ties: float
) -> None:
    """A model whose last digits depend on the batch is asked the same, and says the same."""
    classifier = affine()

    def predict(x: np.ndarray) -> np.ndarray:
        scores: np.ndarray = (classifier.predict(x) + offset).astype(dtype)
        noise = np.random.default_rng(len(x)).uniform(-1, 1, scores.shape)
        return (scores + noise * units * np.spacing(np.abs(scores))).astype(dtype)

    noisy = replace(classifier, predict=predict)
    few, many = find(noisy, batch_size=100), find(noisy, batch_size=3000)
    assert few.check == many.check
    assert few.check.strategy == "traced"
    assert share_that_differs(few, many) == 0
    assert few.evaluations == many.evaluations
    assert few.near_ties == many.near_ties < ties * few.evaluations


def test_few_points_are_evaluated_again_to_round_their_gaps() -> None:
    classifier = affine()
    alone = 0

    def predict(x: np.ndarray) -> np.ndarray:
        nonlocal alone
        alone += len(x) == 1
        return classifier.predict(x).astype(np.float16)

    found = find(replace(classifier, predict=predict))
    assert found.check.strategy == "traced"
    assert 0 < alone < 0.5 * found.evaluations


def test_infinite_gaps_are_not_evaluated_again() -> None:
    classifier = affine()
    alone = 0

    def predict(x: np.ndarray) -> np.ndarray:
        nonlocal alone
        alone += len(x) == 1
        scores: np.ndarray = classifier.predict(x)
        return np.where(scores < scores.max(axis=1, keepdims=True) - 2, -np.inf, scores)

    found = find(replace(classifier, predict=predict))
    assert alone < 0.01 * found.evaluations


def test_gaps_of_probabilities_are_logarithmic() -> None:
    probabilities = np.array([[0.9, 0.09, 0.01], [1.0, 0.0, 0.0]])
    gaps = score_gaps(probabilities, np.array([0, 1]), "probabilities")
    assert gaps[0] == pytest.approx(math.log(10))
    assert -100 < gaps[1] < -80
    infinite = score_gaps(np.array([[np.inf, np.inf], [0, -np.inf]]), np.array([0, 0]), "logits")
    assert np.isfinite(infinite).all()


def test_a_batch_that_memory_does_not_hold_is_halved() -> None:
    classifier = affine()
    sizes: list[int] = []

    def predict(x: np.ndarray) -> np.ndarray:
        sizes.append(len(x))
        if len(x) > 100:
            raise MemoryError
        return classifier.predict(x)

    plan = replace(PLAN, samples=20, strategy="linear")
    x = np.random.default_rng(1).random((20, *SHAPE), dtype=np.float32)
    start, scale = classes_of(predict, x, 20)
    probe = make_probe(
        replace(classifier, predict=predict), x, random_directions(SHAPE, 36, seed=0), clip=True
    )
    found = search(probe, start, start, plan, scale=scale, batch_size=1000)
    whole = find(classifier, plan)
    assert share_that_differs(found, whole) == 0
    assert found.evaluations == whole.evaluations
    assert sum(size > 100 for size in sizes) == 4  # 1000, 500, 250, 125, and never again
    assert measured_batch_size(probe, 20, plan, classifier.spec) <= 100


def test_one_point_that_memory_does_not_hold_is_an_error() -> None:
    def predict(_x: np.ndarray) -> np.ndarray:
        raise MemoryError

    x = np.zeros((2, *SHAPE), dtype=np.float32)
    classifier = Classifier("too large", InputSpec(SHAPE, 5), predict)
    probe = make_probe(classifier, x, x, clip=True)
    plan = SearchPlan(samples=2, directions=2)
    with pytest.raises(MemoryError):
        search(probe, np.zeros(2, int), np.zeros(2, int), plan, scale=1.0, batch_size=64)
