"""A population of samples whose figures are known exactly, and searches of draws from it."""

from dataclasses import dataclass

import numpy as np

from robaudit import SearchPlan
from robaudit.search.boundary_search import Crossings
from robaudit.search.joined import Searched
from robaudit.search.rays import MISCLASSIFIED, NONE, Rays, distance_of
from robaudit.search.traced.check import Check
from robaudit.stats.exact import hypergeometric_upper_bound

CHECKED, ALLOWED = 200, 2
"""So many rays are checked where the search is traced, and so many may be wrong; one is."""


@dataclass
class DrawnRays:
    """Draws samples of two classes, as often as it is asked for them; ``asked`` says for which.

    A sample is misclassified with a chance of ``wrong``. Of the others each ray crosses with a
    chance that is the sample's own, of a mean of a half, at a step that is as likely as any.
    """

    random: np.random.Generator
    wrong: float = 0.1

    def __post_init__(self) -> None:
        self.asked: list[tuple[int, int, str]] = []

    def crossing_rate(self) -> float:
        """Give the crossing rate of the population."""
        return self.wrong + (1 - self.wrong) / 2

    def mean_margin(self, plan: SearchPlan) -> float:
        """Give the restricted mean margin of the population."""
        return (1 - self.wrong) * (plan.reach + plan.step * (plan.steps + 1) / 2) / 2

    def __call__(self, plan: SearchPlan, first: int) -> Searched:
        """Search from as many samples as the plan has."""
        self.asked.append((first, plan.samples, plan.strategy))
        samples, each = plan.samples, plan.rays_per_sample
        chance = self.random.beta(1, 1, size=samples)
        crosses = self.random.random((samples, each)) < chance[:, np.newaxis]
        step = self.random.integers(1, plan.steps + 1, size=(samples, each))
        step = np.where(crosses, step, NONE)
        step[self.random.random(samples) < self.wrong] = MISCLASSIFIED
        origin = (first + np.arange(samples)) % 2
        adjacent = np.where(step == NONE, NONE, 1 - origin[:, np.newaxis])
        rays = Rays(
            step=step.ravel(),
            adjacent=adjacent.ravel(),
            realised=distance_of(step.ravel(), plan),
            sample_origin=origin,
            plan=plan,
            first=first,
        )
        check = Check("linear", len(rays))
        if plan.strategy == "traced":
            walked = int(np.sum(rays.step != MISCLASSIFIED))
            bound = hypergeometric_upper_bound(ALLOWED, CHECKED, walked) / walked
            check = Check("traced", CHECKED, 1, bound, calibrated=50)
        found = rays.step, rays.adjacent, None, len(rays), 2 * len(rays), 0, check, 1
        return rays, Crossings(*found)
