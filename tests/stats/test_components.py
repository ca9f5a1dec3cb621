"""Components of variance: found again, predicted, and turned into the cheapest plan."""

import numpy as np
import pytest

from robaudit.stats.cells import cells_of_table
from robaudit.stats.components import (
    Components,
    cheapest,
    components_of,
    half_width,
    predicted,
    samples_for,
)
from robaudit.stats.means import mean_over_classes

PARTS = Components(value=0.5, sample=0.04, direction=0.0009, rest=0.01)


@pytest.mark.parametrize("each", [4, 64])
def test_components_are_found_again(each: int) -> None:
    random = np.random.default_rng(0)
    samples, pool = 2000, 64
    group = np.arange(samples) % 10
    found = []
    for _ in range(20):
        taken = np.stack([random.permutation(pool)[:each] for _ in range(samples)])
        table = 0.5 + random.normal(0, 0.2, (samples, 1)) + random.normal(0, 0.1, taken.shape)
        table += random.normal(0, 0.03, pool)[taken]
        cells = cells_of_table(table, group, 10, taken, pool)
        parts = components_of(cells)
        found.append((parts.sample, parts.direction, parts.rest))
    assert np.mean(found, axis=0) == pytest.approx((0.04, 0.0009, 0.01), rel=0.08)
    plan = predicted(components_of(cells), samples, each, pool, 10)
    assert plan.variance == pytest.approx(mean_over_classes(cells).variance, rel=0.05)


def test_the_least_number_of_samples_is_the_least() -> None:
    samples = samples_for(0.02, PARTS, each=4, pool=64)
    assert samples is not None
    assert half_width(predicted(PARTS, samples, 4, 64)) <= 0.02
    assert half_width(predicted(PARTS, samples - 1, 4, 64)) > 0.02


def test_few_shared_directions_never_reach_what_they_cannot() -> None:
    assert samples_for(0.005, PARTS, each=10, pool=10) is None


def test_the_cheapest_plan_has_few_directions_of_their_own_where_samples_are_cheap() -> None:
    few = cheapest(0.02, PARTS, 64, sample_cost=1, direction_cost=10, most_samples=10**6)
    many = cheapest(0.02, PARTS, 64, sample_cost=1000, direction_cost=1, most_samples=10**6)
    assert few is not None
    assert many is not None
    assert few.each < many.each
    assert few.samples > many.samples
    assert cheapest(0.02, PARTS, 64, sample_cost=1, direction_cost=1, most_samples=50) is None
