"""Margins and attacks together: whether random directions and adversaries tell the same story.

The mean margin says how far a sample stays in its class along random directions, the
nearest adversarial example how near another class lies in the worst one. Only samples that
are right at the start are compared: the others are at 0 in both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from robaudit.attacks.agreement.by_class import ClassAgreement, by_class, disagreeing_classes
from robaudit.attacks.agreement.closest import Closest
from robaudit.attacks.catalogue import Attack
from robaudit.attacks.outcome import Targets
from robaudit.attacks.run import AttackResult
from robaudit.phrases import printable
from robaudit.search.plan import SearchPlan
from robaudit.search.rays import Rays
from robaudit.stats.bootstrap import bootstrap_weights
from robaudit.stats.medians import median_interval
from robaudit.stats.rank_correlation import rank_correlation
from robaudit.types import BoolArray, Estimate, FloatArray, InputSpec, IntArray

_STRONG = 0.7
_WEAK = 0.3
_FEWEST = 3
_MOST_NAMES = 10
_NOTHING = Estimate(None, None, None)


@dataclass(frozen=True)
class Agreement:
    """How the nearest adversarial examples of samples go with their mean margins.

    ``by`` counts the ``samples`` whose ``closest`` example each means found, of rays and the
    ``attacks`` that looked for them, and ``distance`` is the median of how near these lie, 0
    for misclassified samples, none where nothing was found for half of them. The rank
    correlation is Spearman's, over the ``compared`` samples that are right at the start; where
    it has no number, ``missing`` says why. ``disagreeing`` are classes whose rank among all
    differs between the two by a third or more of the classes, beyond chance.
    """

    samples: int
    by: Mapping[str, int]
    attacks: tuple[Attack, ...]
    closest: Closest
    distance: Estimate
    compared: int
    rank_correlation: Estimate
    missing: str | None
    per_class: tuple[ClassAgreement, ...]
    disagreeing: tuple[int, ...]
    sentence: str


def agreement(
    closest: Closest,
    spec: InputSpec,
    targets: Targets,
    places: IntArray,
    results: Sequence[AttackResult],
    rays: Rays,
    plan: SearchPlan,
) -> Agreement:
    """Compare nearest adversarial examples with mean margins, by samples and by classes.

    ``closest`` are the smallest distances of the ``targets`` (T, ...), and ``places`` (T,) says
    which of the samples searched these are.
    """
    margin, right = mean_margins(rays, plan)[places], targets.correct
    names, counts = np.unique(closest.by, return_counts=True)
    missing, correlation = _why_not(closest, right, results), _NOTHING
    disagreeing: tuple[int, ...] = ()
    if missing is None:
        attacked, walked, origin = closest.attack[right], margin[right], targets.origin[right]
        weights = bootstrap_weights(origin, plan.seed, rescaled=True)
        correlation = rank_correlation(attacked, walked, weights)
        disagreeing = disagreeing_classes(attacked, walked, origin)
        if correlation.value is None:
            missing = "all samples lie equally far"
    return Agreement(
        samples=len(places),
        by=dict(zip(names.tolist(), counts.tolist(), strict=True)),
        attacks=tuple(result.attack for result in results if result.outcome is not None),
        closest=closest,
        distance=closest_boundary(closest.distance),
        compared=int(right.sum()),
        rank_correlation=correlation,
        missing=missing,
        per_class=by_class(closest, margin, targets.origin, right, spec.classes),
        disagreeing=disagreeing,
        sentence=_sentence(
            correlation,
            missing,
            int(right.sum()),
            int(np.isinf(closest.attack[right]).sum()),
            [spec.name_of(class_index) for class_index in disagreeing],
        ),
    )


def closest_boundary(distance: FloatArray) -> Estimate:
    """Estimate the median of the smallest distances (T,), RMS: at most 1, the whole range."""
    why = "for half of the samples no point of another class was found"
    return median_interval(distance, 1.0, why_none=why)


def _why_not(closest: Closest, right: BoolArray, results: Sequence[AttackResult]) -> str | None:
    """Say why margins and attacks cannot be compared.

    Where the nearest point that is known is mostly a ray's, a margin would be compared with
    one of the very rays that it is the mean of.
    """
    count = int(right.sum())
    if not any(one.outcome is not None and one.attack.entry.adversary for one in results):
        return "no adversary ran"
    if count < _FEWEST:
        return f"{count} samples are right at the start, too few"
    attack, ray = closest.attack[right], closest.ray[right]
    by_rays, by_attacks = int((ray < attack).sum()), int((attack <= ray)[np.isfinite(attack)].sum())
    if by_rays >= by_attacks:
        return (
            f"the nearest point that is known lies on a random direction for {by_rays} of {count} "
            f"samples right at the start, and is an adversary's for {by_attacks}"
        )
    return None


def mean_margins(rays: Rays, plan: SearchPlan) -> FloatArray:
    """Average min(margin, reach) over the rays of each sample searched: (S,)."""
    table = (-1, plan.rays_per_sample)
    blocks = (np.minimum(block.distance, plan.reach) for block in rays.blocks())
    return np.concatenate([block.reshape(table).mean(axis=1) for block in blocks])


def _sentence(
    correlation: Estimate, missing: str | None, samples: int, unfound: int, names: Sequence[str]
) -> str:
    """Say what the correlation means, and which classes go against it."""
    value, low, high = correlation.value, correlation.low, correlation.high
    if value is None or low is None or high is None:
        return f"Margins and attacks are not compared by rank: {missing}."
    ties = f" For {unfound} of them no attack found an example; they rank last." if unfound else ""
    against = ""
    if names:
        listed = ", ".join(map(printable, names[:_MOST_NAMES]))
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        against = (
            " Classes that the two rank apart by a third of all or more, beyond chance: "
            f"{listed}{more}."
        )
    return (
        f"{_meaning(low, high)}: the rank correlation of the distance of the nearest adversarial "
        f"example and the mean margin is {value:.2f} ({low:.2f} to {high:.2f}) over {samples} "
        f"samples that are right at the start.{ties}{against}"
    )


def _meaning(low: float, high: float) -> str:
    """Say no more than the whole interval says."""
    if low >= _STRONG:
        return "Samples that random directions leave late are those that attacks find hard"
    if low > 0:
        return "Samples that random directions leave late tend to be those that attacks find hard"
    if high < 0:
        return "Samples that random directions leave late tend to be those that attacks find easy"
    if high < _WEAK:
        return (
            "Random directions hardly tell which samples attacks find hard, so neither figure "
            "stands for the other"
        )
    return "These samples do not show whether random directions tell which ones attacks find hard"
