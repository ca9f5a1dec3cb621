"""Margins and attacks together: whether random directions and adversaries tell the same story.

The mean margin says how far a sample stays in its class along random
directions, the closest example how near another class lies in the worst one.
Both are RMS distances, shares of the pixel range. A closest distance is what
was found: the true one is at most as large.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from robaudit.attacks.agreement.bisection import bisect_towards
from robaudit.attacks.agreement.by_class import ClassAgreement, by_class, disagreeing_classes
from robaudit.attacks.run import AttackResult, Targets
from robaudit.phrases import printable
from robaudit.search.directions import rms
from robaudit.search.plan import SearchPlan
from robaudit.search.rays import Rays
from robaudit.stats.bootstrap import bootstrap_weights
from robaudit.stats.rank_correlation import rank_correlation
from robaudit.types import Classifier, Estimate, FloatArray, InputSpec, IntArray

MISCLASSIFIED, RAYS, NOTHING = "misclassified", "rays", "none"
"""By what a closest example was found, where it was no attack."""

_STRONG = 0.7
_WEAK = 0.3
_MOST_NAMES = 10


@dataclass(frozen=True)
class Closest:
    """The smallest distance found for each sample (T,), infinite for none, and by what."""

    distance: FloatArray
    by: tuple[str, ...]


@dataclass(frozen=True)
class Agreement:
    """How the closest distances of samples go with their mean random-direction margins.

    ``by`` counts the samples whose closest example each means found. The rank
    correlation is Spearman's, with a bootstrap over samples. ``disagreeing`` are
    classes whose rank among all differs between the two by a third or more of
    the classes, beyond chance.
    """

    samples: int
    by: Mapping[str, int]
    rank_correlation: Estimate
    per_class: tuple[ClassAgreement, ...]
    disagreeing: tuple[int, ...]
    sentence: str


def agreement(
    spec: InputSpec,
    targets: Targets,
    places: IntArray,
    results: Sequence[AttackResult],
    rays: Rays,
    plan: SearchPlan,
    *,
    classifier: Classifier | None = None,
    batch_size: int = 1,
) -> Agreement:
    """Compare closest distances with mean margins, sample by sample and class by class.

    ``places`` (T,) says which of the samples searched the ``targets`` (T, ...) are.
    With a ``classifier`` examples are drawn in first (`bisect_towards`). Raises
    ClassifierError where it fails.
    """
    closest = closest_distances(
        spec, targets, places, results, rays, plan, classifier=classifier, batch_size=batch_size
    )
    margin = mean_margins(rays, plan)[places]
    weights = bootstrap_weights(targets.origin, plan.seed)
    correlation = rank_correlation(closest.distance, margin, weights)
    names, counts = np.unique(closest.by, return_counts=True)
    disagreeing = disagreeing_classes(closest.distance, margin, targets.origin, weights)
    return Agreement(
        samples=len(places),
        by=dict(zip(names.tolist(), counts.tolist(), strict=True)),
        rank_correlation=correlation,
        per_class=by_class(closest.distance, margin, targets.origin, spec.classes),
        disagreeing=disagreeing,
        sentence=_sentence(
            correlation, closest, [spec.name_of(class_index) for class_index in disagreeing]
        ),
    )


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
    """Find the smallest distance to another class by any means; see `agreement`.

    Rays count by what clipping left of them. A misclassified sample is at 0.
    Of equal distances the ray's counts, then that of the earlier attack.
    """
    by_sample = rays.realised.reshape(-1, plan.rays_per_sample)
    names = [RAYS]
    columns = [by_sample.min(axis=1)[places].astype(np.float64)]
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
    table = np.where(targets.correct, np.stack(columns), 0.0)
    distance = table.min(axis=0)
    by = np.array(names, dtype=object)[table.argmin(axis=0)]
    by[~np.isfinite(distance)] = NOTHING
    by[~targets.correct] = MISCLASSIFIED
    return Closest(distance, tuple(by.tolist()))


def mean_margins(rays: Rays, plan: SearchPlan) -> FloatArray:
    """Average min(margin, reach) over the rays of each sample searched: (S,)."""
    table = (-1, plan.rays_per_sample)
    blocks = (np.minimum(block.distance, plan.reach) for block in rays.blocks())
    return np.concatenate([block.reshape(table).mean(axis=1) for block in blocks])


def _sentence(correlation: Estimate, closest: Closest, names: Sequence[str]) -> str:
    """Say what the correlation means, and which classes go against it."""
    unfound = closest.by.count(NOTHING)
    ties = f" For {unfound} samples nothing found another class; they rank last." if unfound else ""
    if correlation.value is None:
        return (
            "Closest distances and mean margins cannot be compared by rank: there are too few "
            f"samples, or all lie equally far.{ties}"
        )
    interval = (
        ""
        if correlation.low is None or correlation.high is None
        else f" ({correlation.low:.2f} to {correlation.high:.2f})"
    )
    against = ""
    if names:
        listed = ", ".join(map(printable, names[:_MOST_NAMES]))
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        against = (
            " Classes that the two rank apart by a third of all or more, beyond chance: "
            f"{listed}{more}."
        )
    return (
        f"{_meaning(correlation.value)}: the rank correlation of closest distance and mean margin "
        f"is {correlation.value:.2f}{interval} over {len(closest.by)} samples.{ties}{against}"
    )


def _meaning(value: float) -> str:
    if value >= _STRONG:
        return "Samples that random directions leave late are those that attacks find hard"
    if value >= _WEAK:
        return "Random directions tell in part which samples attacks find hard"
    return (
        "Random directions do not tell which samples attacks find hard, so neither figure stands "
        "for the other"
    )
