"""Differences of means over the same samples and directions."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit.comparison.paired_means import PairedCells, paired_crossings, paired_margins
from robaudit.record.findings import Findings
from robaudit.search.rays import NONE
from robaudit.stats.cells import cells_of_table
from tests.support.comparisons import CLASSES, PLAN, findings, model


@pytest.fixture(scope="module")
def pair() -> tuple[Findings, Findings]:
    plan = replace(PLAN, directions=12, own_directions=5)
    before, after = (findings(model(spread), plan=plan) for spread in (0.0, 0.2))
    return before, after


def both(pair: tuple[Findings, Findings], members: np.ndarray) -> list[PairedCells]:
    compare = (paired_margins, paired_crossings)
    return [paired(*pair, pair[0].origin, members) for paired in compare]


def test_cells_are_those_of_a_table_of_differences(pair: tuple[Findings, Findings]) -> None:
    plan, origin = pair[0].plan, pair[0].origin
    table = (plan.samples, 5, 2)
    taken = pair[0].rays.direction.reshape(table)[:, :, 0]
    some = np.arange(plan.samples) % 3 > 0
    margins, crossings = both(pair, some)
    of_rays = [
        (np.minimum(one.rays.distance, plan.reach) / plan.reach, (one.rays.step != NONE) * 1.0)
        for one in pair
    ]
    for found, one, other in zip((margins, crossings), *of_rays, strict=True):
        change = (other - one).reshape(table).mean(axis=2)[some]
        wanted = cells_of_table(change, origin[some], CLASSES, taken[some], plan.directions)
        for name in ("means", "sums", "counts", "squares"):
            given = getattr(found.cells, name), getattr(wanted, name)
            np.testing.assert_allclose(*given, atol=1e-9, err_msg=name)


def test_exchanging_the_two_changes_the_sign(pair: tuple[Findings, Findings]) -> None:
    everyone = np.full(pair[0].plan.samples, True)
    for there, back in zip(both(pair, everyone), both(pair[::-1], everyone), strict=True):
        one, other = there.overall(), back.overall()
        assert (one.before, one.after) == (other.after, other.before)
        assert one.difference.value == pytest.approx(one.after - one.before)
        assert one.difference.low is not None
        assert other.difference.high is not None
        assert one.difference.low == pytest.approx(-other.difference.high)
        assert one.difference.p_value == pytest.approx(other.difference.p_value)


def test_classes_are_compared_as_if_there_were_no_others(pair: tuple[Findings, Findings]) -> None:
    everyone = np.full(pair[0].plan.samples, True)
    (margins, _) = both(pair, everyone)
    for index, found in enumerate(margins.of_classes()):
        members = pair[0].origin == index
        restricted = [one.tally.restricted[members].mean() for one in pair]
        assert found.before == pytest.approx(restricted[0])
        assert found.after == pytest.approx(restricted[1])
        assert found.difference.value == pytest.approx(restricted[1] - restricted[0])


def test_a_model_does_not_differ_from_itself(pair: tuple[Findings, Findings]) -> None:
    everyone = np.full(pair[0].plan.samples, True)
    for found in both((pair[0], pair[0]), everyone):
        mean = found.overall()
        assert mean.difference.value == 0
        assert mean.difference.p_value == 1
        assert mean.difference.low is not None
        assert mean.difference.high is not None
        assert mean.difference.low < 0 < mean.difference.high
