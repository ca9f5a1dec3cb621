"""The nearest point of another class that was found for each sample, and by what.

Distances are RMS, shares of the pixel range, and realised: what clipping to the range left
of a change. A closest distance is what was found: the true one is at most as large.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robaudit.attacks.agreement.bisection import bisect_towards
from robaudit.attacks.outcome import Targets
from robaudit.attacks.run import AttackResult
from robaudit.search.directions import rms
from robaudit.search.plan import SearchPlan
from robaudit.search.rays import Rays
from robaudit.types import Classifier, FloatArray, InputSpec, IntArray

MISCLASSIFIED, RAYS, NOTHING = "misclassified", "rays", "none"
"""By what a closest example was found, where it was no attack."""


@dataclass(frozen=True)
class Closest:
    """The smallest distance found for each sample (T,), infinite for none, and by what.

    ``attack`` and ``ray`` (T,) are the smallest that adversaries found, and the rays.
    """

    distance: FloatArray
    by: tuple[str, ...]
    attack: FloatArray
    ray: FloatArray


def closest_distances(
    spec: InputSpec,
    targets: Targets,
    places: IntArray,
    results: Sequence[AttackResult],
    rays: Rays,
    plan: SearchPlan,
    *,
    classifier: Classifier | None = None,
    batch_size: int = 1,
) -> Closest:
    """Find the smallest distance to another class by any means.

    ``places`` (T,) says which of the samples searched the ``targets`` (T, ...) are. With a
    ``classifier`` examples are drawn in first (`bisect_towards`). A misclassified sample is
    at 0. Of equal distances the ray's counts, then that of the earlier attack. Raises
    ClassifierError for a classifier that fails.
    """
    by_sample = rays.realised.reshape(-1, plan.rays_per_sample)
    ray = by_sample.min(axis=1)[places].astype(np.float64)
    names, columns = [RAYS], [ray]
    attack = np.full(len(places), np.inf)
    for result in results:
        if result.outcome is None:
            continue
        rows = np.flatnonzero(result.outcome.success & targets.correct)
        examples = result.outcome.examples[rows]
        far = np.full(len(places), np.inf)
        far[rows] = rms(examples - targets.x[rows], spec.high - spec.low)
        if classifier is not None:
            far[rows] *= bisect_towards(classifier, targets, rows, examples, batch_size)
        far = np.minimum(far, result.outcome.nearest)  # beyond the budget it is near all the same
        names.append(result.attack.name)
        columns.append(far)
        if result.attack.entry.adversary:
            attack = np.minimum(attack, far)
    table = np.where(targets.correct, np.stack(columns), 0.0)
    distance = table.min(axis=0)
    by = np.array(names, dtype=object)[table.argmin(axis=0)]
    by[~np.isfinite(distance)] = NOTHING
    by[~targets.correct] = MISCLASSIFIED
    attack, ray = (np.where(targets.correct, found, 0.0) for found in (attack, ray))
    return Closest(distance, tuple(by.tolist()), attack, ray)
