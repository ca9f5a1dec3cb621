"""Searches of one run of samples after the other, put together."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit import SearchPlan
from robaudit.search.joined import joined
from robaudit.search.rays import MISCLASSIFIED
from robaudit.stats.exact import hypergeometric_upper_bound
from tests.support.drawn_rays import ALLOWED, CHECKED, DrawnRays

PLAN = SearchPlan(300, 64, own_directions=4)


def test_what_was_found_and_what_it_took_adds_up() -> None:
    draw = DrawnRays(np.random.default_rng(0))
    parts = [draw(replace(PLAN, strategy="linear"), first) for first in (0, 300)]
    rays, crossings = joined(parts)
    np.testing.assert_array_equal(rays.step, np.concatenate([part.step for part, _ in parts]))
    assert rays.plan.samples == len(rays.sample_origin) == 600
    assert crossings.evaluations == sum(part.evaluations for _, part in parts)
    assert (crossings.check.audited, crossings.check.upper_bound) == (len(rays), 0)


def test_the_bound_of_one_traced_search_is_one_of_all_rays() -> None:
    draw = DrawnRays(np.random.default_rng(0))
    parts = [draw(PLAN, 0), draw(replace(PLAN, strategy="linear", samples=900), 300)]
    check = joined(parts)[1].check
    assert check.strategy == "traced"
    assert check.upper_bound == pytest.approx(parts[0][1].check.upper_bound / 4)


def test_bounds_of_several_share_the_error_and_allow_for_what_their_samples_were_made_for() -> None:
    draw = DrawnRays(np.random.default_rng(0))
    parts = [draw(PLAN, 0), draw(PLAN, 300), draw(replace(PLAN, strategy="linear"), 600)]
    rays, crossings = joined(parts, most_traced=2)
    walked = [int(np.sum(part.step != MISCLASSIFIED)) for part, _ in parts[:2]]
    wrong = sum(hypergeometric_upper_bound(ALLOWED, CHECKED, of, 0.025) for of in walked)
    assert crossings.check.upper_bound == pytest.approx(wrong / len(rays))
    assert (crossings.check.audited, crossings.check.disagreements) == (2 * CHECKED, 2)
    assert crossings.check.calibrated == 100
    alone = joined(parts[:1], most_traced=2)[1].check
    assert alone.upper_bound > parts[0][1].check.upper_bound * walked[0] / len(parts[0][0])
    with pytest.raises(ValueError, match="do not hold together"):
        joined(parts)
