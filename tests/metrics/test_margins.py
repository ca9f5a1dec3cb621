"""The curve of rays not crossed, and the mean margin under it."""

import numpy as np
import pytest

from robaudit import SearchPlan
from robaudit.metrics.margins import not_crossed_curve
from robaudit.metrics.tally import tally_rays
from robaudit.search.rays import NONE
from tests.support.made_rays import CLASSES, make_rays


def test_curve_of_rays_not_crossed_falls_to_the_unreached_share() -> None:
    plan = SearchPlan(samples=20, directions=3, steps=8)
    rays = make_rays(5, 20, plan, CLASSES)
    curve = not_crossed_curve(tally_rays(rays, CLASSES).crossings.sum(axis=0), len(rays))
    assert len(curve) == plan.steps + 1
    assert (np.diff(curve) <= 0).all()
    assert curve[-1] == pytest.approx((rays.step == NONE).mean())
    # The area under the curve is the restricted mean margin, but for the grid's width.
    restricted = np.minimum(rays.distance, plan.reach).mean()
    assert curve[:-1].sum() * plan.step == pytest.approx(restricted)
