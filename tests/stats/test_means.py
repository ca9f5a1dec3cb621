"""Means of tables of samples x directions: exact small examples, invariances."""

import numpy as np
import pytest

from robaudit.stats.cells import Cells, cells_of_table
from robaudit.stats.means import Means, class_means, mean_over_classes
from robaudit.types import FloatArray, IntArray


def one_group(table: FloatArray) -> Cells:
    return cells_of_table(table, np.zeros(len(table), dtype=np.int64), 1)


def numbers(means: Means) -> FloatArray:
    return np.stack([np.asarray(part, dtype=np.float64) for part in means.parts()])


def some(
    classes: int = 4, size: int = 6, each: int = 5, seed: int = 0
) -> tuple[FloatArray, IntArray]:
    random = np.random.default_rng(seed)
    group = np.repeat(np.arange(classes), size)
    return random.random((len(group), each)) + random.random(each), group


def test_samples_alone_give_the_squared_standard_error_of_a_mean() -> None:
    values = np.array([0.1, 0.4, 0.9, 0.6])
    found = mean_over_classes(one_group(np.repeat(values[:, np.newaxis], 3, axis=1)))
    assert found.value == pytest.approx(0.5)
    assert found.of_samples == pytest.approx(values.var(ddof=1) / 4)
    assert found.of_directions == 0
    assert found.freedom == 3
    assert found.samples == 4


def test_directions_alone_give_that_of_a_mean_over_directions() -> None:
    values = np.array([0.1, 0.4, 0.9, 0.6])
    found = mean_over_classes(one_group(np.repeat(values[np.newaxis], 50, axis=0)))
    assert found.of_samples == pytest.approx(0, abs=1e-15)
    assert found.of_directions == pytest.approx(values.var(ddof=1) / 4, rel=0.03)
    assert found.freedom == pytest.approx(3, rel=0.1)


def test_both_parts_are_unbiased() -> None:
    random = np.random.default_rng(0)
    found = []
    for _ in range(300):
        table = random.normal(0, 0.2, (30, 1)) + random.normal(0, 0.1, 12)
        found.append(numbers(mean_over_classes(one_group(table + random.normal(0, 0.3, (30, 12))))))
    value, of_samples, of_directions, *_ = np.array(found).T
    assert of_samples.mean() == pytest.approx(0.2**2 / 30 + 0.3**2 / 360, rel=0.05)
    assert of_directions.mean() == pytest.approx(0.1**2 / 12, rel=0.1)
    assert (of_samples + of_directions).mean() == pytest.approx(value.var(), rel=0.25)


def test_classes_weigh_the_same_however_many_samples_they_have() -> None:
    table = np.array([[0.0], [0.0], [0.0], [1.0], [0.5]])[:, [0, 0]]
    cells = cells_of_table(table, np.array([0, 0, 0, 1, 1]), 3)
    assert mean_over_classes(cells).value == pytest.approx((0 + 0.75) / 2)
    assert class_means(cells).value[:2].tolist() == [0, 0.75]
    assert np.isnan(class_means(cells).value[2])
    assert class_means(cells).take(cells.sizes > 0).value.tolist() == [0, 0.75]
    assert mean_over_classes(cells).samples == pytest.approx(1 / (3 / 36 + 2 / 16))


def test_a_class_is_what_it_is_alone() -> None:
    table, group = some()
    cells = cells_of_table(table, group, 4)
    both = class_means(cells)
    for index in range(4):
        alone = mean_over_classes(cells_of_table(table[group == index], group[group == index], 4))
        assert np.allclose(numbers(both)[:, index], numbers(alone))


def test_order_of_samples_and_of_directions_is_of_no_matter() -> None:
    table, group = some()
    random = np.random.default_rng(1)
    rows, columns = random.permutation(len(table)), random.permutation(table.shape[1])
    one = mean_over_classes(cells_of_table(table, group, 4))
    other = mean_over_classes(cells_of_table(table[rows][:, columns], group[rows], 4))
    assert np.allclose(numbers(one), numbers(other))


def test_scaling_scales_and_a_difference_with_itself_is_nothing() -> None:
    table, group = some()
    one = mean_over_classes(cells_of_table(table, group, 4))
    other = mean_over_classes(cells_of_table(3 * table, group, 4))
    assert other.value == pytest.approx(3 * one.value)
    assert other.variance == pytest.approx(9 * one.variance)
    assert other.freedom == pytest.approx(one.freedom)
    nothing = mean_over_classes(cells_of_table(table - table, group, 4))
    assert nothing.value == 0
    assert nothing.variance == 0


def test_a_pool_that_all_samples_have_whole_is_shared() -> None:
    table, group = some()
    random = np.random.default_rng(2)
    taken = np.stack([random.permutation(5) for _ in group])
    own = cells_of_table(np.take_along_axis(table, taken, axis=1), group, 4, taken, 5)
    shared = cells_of_table(table, group, 4)
    assert np.allclose(own.sums, shared.sums)
    assert np.allclose(numbers(mean_over_classes(own)), numbers(mean_over_classes(shared)))


def test_classes_of_one_sample_are_taken_together() -> None:
    values = np.array([0.1, 0.4, 0.9, 0.6])
    cells = cells_of_table(np.repeat(values[:, np.newaxis], 2, axis=1), np.arange(4), 4)
    found = mean_over_classes(cells)
    assert found.of_samples == pytest.approx(values.var(ddof=1) / 4)
    assert found.freedom == 3
    assert class_means(cells).freedom.tolist() == [0] * 4


def test_one_direction_tells_nothing_of_directions() -> None:
    assert mean_over_classes(one_group(np.array([[0.1], [0.5], [0.2]]))).freedom == 0
