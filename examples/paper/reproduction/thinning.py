"""Fewer examples, evenly over classes: what makes two ways of choosing them comparable."""

from dataclasses import replace

import numpy as np

from robaudit.hardening import Examples, weighted_counts
from robaudit.types import IntArray


def even_counts(sizes: IntArray, total: int) -> IntArray:
    """Share out a total over classes that hold ``sizes`` (C,), as evenly as they allow.

    >>> even_counts(np.array([9, 2, 9, 0]), 12).tolist()
    [5, 2, 5, 0]
    >>> even_counts(np.array([5, 5, 5]), 10).tolist()
    [4, 3, 3]
    """
    return weighted_counts(sizes, total, np.ones(len(sizes)))


def sizes_of(examples: Examples) -> IntArray:
    """Count the examples of each class: (C,)."""
    return np.bincount(examples.label, minlength=len(examples.selections))


def thinned(examples: Examples, total: int, seed: int) -> Examples:
    """Keep a total of examples, evenly over classes, sample by sample."""
    return drawn(examples, even_counts(sizes_of(examples), total), seed)


def drawn(examples: Examples, counts: IntArray, seed: int) -> Examples:
    """Keep so many examples of each class (C,), sample by sample.

    Within a class samples are drawn at random, as feedback learning does, and each gives
    all its examples; the last one those of its nearest crossings. Of a seed, more examples of
    a class are the fewer and others.
    """
    random = np.random.default_rng([seed, 2])
    kept, selections = [], []
    for one, count in zip(examples.selections, counts, strict=True):
        mine = np.flatnonzero(examples.label == one.class_index)
        place = {
            row: at for at, row in enumerate(random.permutation(np.unique(examples.row[mine])))
        }
        order = np.argsort([place[row] for row in examples.row[mine]], kind="stable")
        kept.append(mine[order[:count]])
        chosen = len(np.unique(examples.row[kept[-1]]))
        selections.append(replace(one, chosen=chosen, examples=int(count)))
    rows = np.sort(np.concatenate(kept))
    return replace(
        examples,
        row=examples.row[rows],
        direction=examples.direction[rows],
        sign=examples.sign[rows],
        margin=examples.margin[rows],
        strength=examples.strength[rows],
        label=examples.label[rows],
        selections=tuple(selections),
    )
