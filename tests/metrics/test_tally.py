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
from robaudit.stats.cells import cells_of_table
from robaudit.stats.means import class_weights
from tests.support.made_rays import CLASSES, make_rays, measure


def tallied(found: Tally) -> dict[str, Any]:
    """Take a tally apart, so that two can be compared."""
    plain = {field.name: getattr(found, field.name) for field in fields(found)}
    for part in ("endpoints", "along"):
        inner = plain.pop(part)
        plain |= {f"{field.name} of {part}": getattr(inner, field.name) for field in fields(inner)}
    del plain["plan of along"]
    return plain


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


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 10_000),
    samples=st.integers(1, 25),
    directions=st.integers(1, 7),
    own=st.integers(1, 7),
    signs=st.sampled_from([1, 2]),
)
def test_cells_are_those_of_a_table_of_samples_and_directions(
    seed: int, samples: int, directions: int, own: int, signs: int
) -> None:
    own = min(own, directions)
    plan = SearchPlan(samples, directions, signs=signs, step=0.07, steps=9, own_directions=own)
    found = make_rays(seed, samples, plan, CLASSES)
    tally, table = tally_rays(found, CLASSES), (samples, own, signs)
    taken = found.direction.reshape(table)[:, :, 0]
    values = {
        "margins": (np.minimum(found.distance, plan.reach) / plan.reach, tally.margin_cells),
        "crossings": ((found.step != NONE).astype(float), tally.crossing_cells),
    }
    for name, (of_rays, cells) in values.items():
        cell = of_rays.reshape(table).mean(axis=2)
        wanted = cells_of_table(cell, found.sample_origin, CLASSES, taken, directions)
        for field in fields(wanted):
            given = getattr(cells, field.name), getattr(wanted, field.name)
            np.testing.assert_allclose(*given, rtol=1e-9, atol=1e-12, err_msg=f"{name} {field}")
    weights = class_weights(found.sample_origin, CLASSES)[found.sample_origin] / own
    for index in range(CLASSES):
        cell = (found.adjacent == index).reshape(table).mean(axis=2)
        squared = ((weights[:, np.newaxis] * cell) ** 2).sum()
        assert tally.along.squared_endings[index] == pytest.approx(squared)
        along = np.bincount(taken.ravel(), (weights[:, np.newaxis] * cell).ravel(), directions)
        np.testing.assert_allclose(tally.along.endings[index], along, atol=1e-12)
