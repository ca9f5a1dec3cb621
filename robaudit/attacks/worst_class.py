"""Which classes an attack breaks most, as far as so few samples tell.

Attacks are run on few samples, and classes have fewer: of ten classes made equal one always
seems the worst.
"""

import numpy as np

from robaudit.attacks.run import Outcome
from robaudit.metrics.inequality import SENTENCE_ERROR
from robaudit.stats.intervals import wilson_bounds
from robaudit.stats.naming import error_of_each
from robaudit.types import IntArray

NAMING_ERROR = SENTENCE_ERROR / 2
"""The chance that attacks name a worst class by mistake, any of them; as much again may go to
classes on which they and margins disagree (`agreement`)."""


def alike_under_attack(
    outcome: Outcome, origin: IntArray, error: float = NAMING_ERROR
) -> tuple[int, ...]:
    """List the classes that cannot be told from the one of which the smallest share holds.

    ``origin`` (S,) are the classes of samples. Wilson's intervals of all classes hold at
    once but for ``error`` (Sidak); a class is told from the worst where its interval lies
    above another's, and the worst is known where no other is left.
    """
    classes, group, sizes = np.unique(origin, return_inverse=True, return_counts=True)
    held = np.bincount(group, ~outcome.success, len(classes)) / sizes
    each = error_of_each(error, len(classes))
    ends = [wilson_bounds(*of, each) for of in zip(held.tolist(), sizes.tolist(), strict=True)]
    low, high = np.array(ends).T
    return tuple(classes[low <= high.min()].tolist())
