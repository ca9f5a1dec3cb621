"""Which classes an attack breaks most, as far as so few samples tell.

Attacks are run on few samples, and classes have fewer: of ten classes made equal one always
seems the worst.
"""

import numpy as np

from robaudit.attacks.outcome import Outcome
from robaudit.metrics.inequality import SENTENCE_ERROR
from robaudit.stats.bounded import share_interval
from robaudit.stats.naming import error_of_each
from robaudit.types import IntArray

NAMING_ERROR = SENTENCE_ERROR / 2
"""The chance that attacks name a worst class by mistake, any of them; as much again may go to
classes on which they and margins disagree (`agreement`)."""


def alike_under_attack(
    outcome: Outcome, origin: IntArray, error: float = NAMING_ERROR
) -> tuple[int, ...]:
    """List the classes that cannot be told from the one of which the smallest share holds.

    ``origin`` (S,) are the classes of samples. The intervals of all classes hold at
    once but for ``error`` (Sidak); a class is told from the worst where its interval lies
    above another's, and the worst is known where no other is left.
    """
    classes, group, sizes = np.unique(origin, return_inverse=True, return_counts=True)
    held = np.bincount(group, ~outcome.success, len(classes))
    each = error_of_each(error, len(classes))
    pairs = zip(held.tolist(), sizes.tolist(), strict=True)
    found = [share_interval(*of, each) for of in pairs]
    # A class of one sample may be anything.
    low = np.array([0.0 if one.low is None else one.low for one in found])
    high = np.array([1.0 if one.high is None else one.high for one in found])
    return tuple(classes[low <= high.min()].tolist())
