"""Examples are thinned out evenly over classes, to the number wanted."""

import numpy as np

from reproduction.thinning import drawn, even_counts, thinned
from robaudit.hardening import ClassSelection, Examples


def made_of(sizes: list[int], of_each: int = 4) -> Examples:
    """Make examples of samples numbered anew in each class, so many of each."""
    label = np.repeat(np.arange(len(sizes)), sizes)
    row = np.concatenate([100 * c + np.arange(size) // of_each for c, size in enumerate(sizes)])
    return Examples(
        row=row,
        direction=np.arange(len(row)),
        sign=np.ones(len(row), dtype=int),
        margin=np.concatenate([np.arange(size) % of_each + 1.0 for size in sizes]),
        strength=np.full(len(row), 1.5),
        label=label,
        directions=np.zeros((len(row), 1, 2, 2)),
        clip=True,
        selections=tuple(
            ClassSelection(c, "low", 1.0, size, size // of_each, size)
            for c, size in enumerate(sizes)
        ),
    )


def test_the_same_budget_is_exactly_the_same_and_even_over_classes() -> None:
    made = made_of([40, 8, 40, 0])
    found = thinned(made, 45, seed=3)
    assert len(found) == 45
    counts = np.bincount(found.label, minlength=4)
    assert counts.tolist() == [19, 8, 18, 0] == [one.examples for one in found.selections]
    assert even_counts(np.array([3, 3]), 100).tolist() == [3, 3]
    rows, of_each = np.unique(found.row[found.label == 0], return_counts=True)
    assert sorted(of_each.tolist()) == [3, 4, 4, 4, 4]  # whole samples, but for the last
    part = found.row == rows[of_each == 3][0]
    assert found.margin[part].tolist() == [1, 2, 3]  # of which the nearest crossings are kept
    assert found.selections[0].chosen == 5
    other = thinned(made, 45, seed=4)
    assert not np.array_equal(other.row, found.row)


def test_more_examples_of_a_class_are_the_fewer_and_others() -> None:
    made = made_of([40, 40])
    few, many = (drawn(made, np.array(counts), seed=3) for counts in ([9, 21], [17, 13]))
    assert np.bincount(few.label).tolist() == [9, 21]
    for one, (less, more) in enumerate([(few, many), (many, few)]):
        inner, outer = (set(zip(*_of(some, one), strict=True)) for some in (less, more))
        assert inner < outer


def _of(examples: Examples, one: int) -> tuple[list[int], list[int]]:
    mine = examples.label == one
    return examples.row[mine].tolist(), examples.direction[mine].tolist()
