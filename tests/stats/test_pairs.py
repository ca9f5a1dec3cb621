"""R and R_i with samples and directions left out: against computing them anew."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit.metrics.inequality import class_robustness, model_robustness
from robaudit.stats.pairs import (
    FEW_CROSSINGS,
    Ends,
    class_robustness_left,
    exponential,
    jackknife_interval,
    model_robustness_left,
    unreached_share,
)
from robaudit.types import Estimate, FloatArray, IntArray

CLASSES, REACH = 3, 0.5


def some_ends(samples: int = 30, seed: int = 0) -> Ends:
    """Rays of each sample end in both of the other classes, or in one of them."""
    random = np.random.default_rng(seed)
    origin = np.arange(samples) % CLASSES
    sample = np.repeat(np.arange(samples), 2)
    adjacent = (origin[sample] + np.tile([1, 2], samples)) % CLASSES
    kept = random.random(len(sample)) < 0.7
    count = random.integers(1, 5, len(sample))
    margin = count * random.random(len(sample)) * REACH
    return Ends(sample[kept], adjacent[kept], count[kept], margin[kept], origin)


def matrices(ends: Ends) -> tuple[FloatArray, IntArray]:
    sums, counts = np.zeros((CLASSES, CLASSES)), np.zeros((CLASSES, CLASSES), dtype=np.int64)
    np.add.at(sums, (ends.origin[ends.sample], ends.adjacent), ends.margin)
    np.add.at(counts, (ends.origin[ends.sample], ends.adjacent), ends.count)
    return sums, counts


def without(ends: Ends, sample: int) -> Ends:
    kept = ends.sample != sample
    columns = {name: getattr(ends, name)[kept] for name in ("sample", "adjacent", "count")}
    return replace(ends, **columns, margin=ends.margin[kept])


def test_leaving_out_a_sample_is_computing_without_it() -> None:
    ends = some_ends()
    left = model_robustness_left(ends, CLASSES, REACH)
    assert left.value == pytest.approx(model_robustness(*matrices(ends), REACH))
    for sample in range(30):
        anew = model_robustness(*matrices(without(ends, sample)), REACH)
        assert left.by_sample[sample] == pytest.approx(anew - left.value)
    of_class = class_robustness_left(ends, 1)
    assert of_class is not None
    assert np.exp(of_class.value) == pytest.approx(class_robustness(matrices(ends)[0])[1])
    for sample in range(30):
        anew = class_robustness(matrices(without(ends, sample))[0])[1]
        assert np.exp(of_class.value + of_class.by_sample[sample]) == pytest.approx(anew)


def test_a_pair_that_one_direction_alone_reached_is_lost_with_it() -> None:
    ends = Ends(*(np.array(one) for one in ([0, 1], [1, 0], [2, 1], [0.4, 0.1], [0, 1])))
    sums, counts = np.zeros((2, 4)), np.zeros((2, 4), dtype=np.int64)
    sums[:, 1], counts[:, 1] = 0.2, 1
    sums[0, 2], counts[0, 2] = 0.1, 1
    left = model_robustness_left(ends, 2, REACH, sums, counts)
    assert left.value == pytest.approx(0.2 + 0.1)
    assert left.by_direction.tolist() == pytest.approx([0.4, 0.0])


def test_a_sum_of_means_has_their_variance() -> None:
    """Where every sample reaches every pair once, R is a sum of plain means."""
    random = np.random.default_rng(0)
    size = 40
    margin = random.random(2 * size) * REACH
    origin = np.repeat([0, 1], size)
    ends = Ends(np.arange(2 * size), 1 - origin, np.ones(2 * size, dtype=int), margin, origin)
    found = jackknife_interval(model_robustness_left(ends, 2, REACH), origin)
    error = np.sqrt(sum(part.var(ddof=1) / size for part in (margin[:size], margin[size:])))
    assert found.value == pytest.approx(margin[:size].mean() + margin[size:].mean())
    assert found.high is not None
    assert found.value is not None
    assert found.high - found.value == pytest.approx(1.991 * error, rel=0.02)


def test_of_two_models_that_are_the_same_nothing_differs() -> None:
    left = model_robustness_left(some_ends(), CLASSES, REACH)
    found = jackknife_interval(left.less(left), np.arange(30) % CLASSES)
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_where_there_is_too_little_there_is_no_number() -> None:
    ends = some_ends(samples=6)
    assert class_robustness_left(ends, 0) is None
    assert FEW_CROSSINGS
    assert unreached_share(ends, 3) < 0.5 < unreached_share(ends, 20)
    assert exponential(Estimate(0.0, None, None)) == Estimate(1.0, None, None)
