"""Support vector machines, which decide between each two classes, and then count votes."""

import copy
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np

from robaudit.types import FloatArray

_CONFIDENCES = 1 / 3
"""The confidences of all pairs add less than this to the votes, so that no vote is outdone."""

_FIRST_OF_TIED = 0.1
"""So far ahead of others with as many votes is the first of them, which such a machine takes."""


def deciding_on_pairs(model: Any) -> Callable[[FloatArray], Any] | None:
    """Give the function of a model's decisions on each two of its classes, if it makes such.

    It may be the last step of a pipeline, or the best of a search.
    """
    found = _with_pairs(model)
    return None if found is None else found.decision_function


def _with_pairs(model: Any) -> Any:
    """Copy a model so that its decision function gives those on pairs; it stays as it is."""
    if hasattr(model, "best_estimator_"):
        return _with_pairs(model.best_estimator_)
    if hasattr(model, "steps"):
        name, last = model.steps[-1]
        pairs = _with_pairs(last)
        if pairs is None:
            return None
        pipeline = copy.copy(model)
        pipeline.steps = [*model.steps[:-1], (name, pairs)]
        return pipeline
    if not hasattr(model, "decision_function_shape"):
        return None
    pairs = copy.copy(model)
    pairs.decision_function_shape = "ovo"
    return pairs


def votes_of_pairs(decisions: FloatArray, classes: int) -> FloatArray:
    """Count the votes of decisions (n, pairs) between classes: (n, classes).

    Those on the pair (i, j), in the order (0, 1), (0, 2), ..., are above 0 for class i. How
    clear they are adds a share of a vote to each class, as in scikit-learn; but of classes
    with as many votes the first is ahead, since it is what `predict` says.

    >>> votes_of_pairs(np.array([[1.0, -1.0, 1.0]]), 3).argmax(axis=1)
    array([0])
    """
    votes, confidence = np.zeros((len(decisions), classes)), np.zeros((len(decisions), classes))
    for column, (first, second) in enumerate(combinations(range(classes), 2)):
        decision = decisions[:, column]
        votes[:, first] += decision > 0
        votes[:, second] += decision <= 0
        confidence[:, first] += decision
        confidence[:, second] -= decision
    scores: FloatArray = votes + _CONFIDENCES * confidence / (np.abs(confidence) + 1)
    rows, winner = np.arange(len(votes)), votes.argmax(axis=1)
    tied = scores.argmax(axis=1) != winner
    scores[rows[tied], winner[tied]] = scores[tied].max(axis=1) + _FIRST_OF_TIED
    return scores
