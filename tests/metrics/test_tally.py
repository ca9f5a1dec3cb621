"""Counts and sums over rays: those of plain sums, however the rays are cut into blocks."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robaudit import SearchPlan
from robaudit.metrics import tally
from robaudit.metrics.tally import Tally, tally_rays
from robaudit.search import rays
from robaudit.search.rays import NONE
from tests.support.made_rays import CLASSES, make_rays, measure


def tallied(found: Tally) -> dict[str, Any]:
    """Take a tally apart, so that two can be compared."""
    plain = {field.name: getattr(found, field.name) for field in fields(found)}
    entries = plain.pop("endpoints")
    return plain | {
        field.name + " of entries": getattr(entries, field.name) for field in fields(entries)
    }


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    samples=st.integers(1, 25),
    directions=st.integers(1, 7),
    signs=st.sampled_from([1, 2]),
    at_a_time=st.integers(1, 60),
)
def test_measures_do_not_depend_on_the_blocks(
    seed: int, samples: int, directions: int, signs: int, at_a_time: int
) -> None:
    plan = SearchPlan(samples, directions, signs=signs, step=0.07, steps=9)
    found = make_rays(seed, samples, plan, CLASSES)
    whole, measured = tallied(tally_rays(found, CLASSES)), measure(found, plan)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rays, "_RAYS_AT_A_TIME", at_a_time)
        patch.setattr(tally, "_MOST_CELLS", 3 * at_a_time)
        assert max(len(block) for block in found.blocks()) <= max(at_a_time, directions * signs)
        in_blocks, again = tallied(tally_rays(found, CLASSES)), measure(found, plan)
    for name, expected in whole.items():
        np.testing.assert_array_equal(in_blocks[name], expected, err_msg=name)
    assert again[1] == measured[1]
    assert again[0].restricted_mean == measured[0].restricted_mean


def test_a_tally_is_what_plain_sums_over_all_rays_are() -> None:
    plan = SearchPlan(30, 5, step=0.07, steps=9)
    found = make_rays(3, 30, plan, CLASSES)
    counted = tally_rays(found, CLASSES)
    crossed = found.step != NONE
    sums = np.zeros((CLASSES, CLASSES))
    entries: dict[tuple[int, int], tuple[int, float]] = {}
    for ray in np.flatnonzero(crossed).tolist():
        place = int(found.sample[ray]), int(found.adjacent[ray])
        sums[found.origin[ray], found.adjacent[ray]] += found.distance[ray]
        count, margin = entries.get(place, (0, 0.0))
        entries[place] = count + 1, margin + found.distance[ray]
    np.testing.assert_array_equal(counted.sums, sums)
    own = counted.endpoints
    listed = zip(own.sample.tolist(), own.adjacent.tolist(), strict=True)
    values = zip(own.count.tolist(), own.margin.tolist(), strict=True)
    assert dict(zip(listed, values, strict=True)) == entries
    assert counted.realised_share == pytest.approx(0.8)
    assert counted.walked.sum() == (found.step > 0).sum()
