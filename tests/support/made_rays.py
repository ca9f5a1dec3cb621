"""Rays that are made up, and what is measured on them."""

import numpy as np

from robaudit import SearchPlan
from robaudit.metrics.inequality import Inequality, measure_inequality
from robaudit.metrics.margins import Margins, measure_margins
from robaudit.metrics.tally import tally_rays
from robaudit.search.rays import NONE, Rays, distance_of

CLASSES = 4


def make_rays(seed: int, samples: int, plan: SearchPlan, classes: int) -> Rays:
    """Make up the outcome of a search: steps and adjacent classes at random."""
    random = np.random.default_rng(seed)
    of_sample = random.integers(classes, size=samples)
    origin = np.repeat(of_sample, plan.rays_per_sample)
    step = random.integers(-1, plan.steps + 1, size=len(origin))
    wrong = np.repeat(random.random(samples) < 0.1, plan.rays_per_sample)
    step = np.where(wrong, 0, np.where(step == 0, NONE, step))
    other = (origin + random.integers(1, classes, size=len(origin))) % classes
    return Rays(
        step=step,
        adjacent=np.where(step == NONE, NONE, other),
        realised=0.8 * distance_of(step, plan),
        sample_origin=of_sample,
        plan=plan,
    )


def measure(rays: Rays, plan: SearchPlan, classes: int = CLASSES) -> tuple[Margins, Inequality]:
    """Measure margins and inequality."""
    margins = measure_margins(tally_rays(rays, classes), plan)
    return margins, measure_inequality(margins, plan)
