"""Classes that the two distances rank apart, and not by chance."""

import numpy as np
import pytest

from robaudit import SearchPlan
from robaudit.attacks.agreement.by_sample import agreement
from robaudit.attacks.run import Targets
from robaudit.stats.rank_correlation import ranks
from robaudit.types import InputSpec
from tests.support.agreements import SPEC, by_classes, make_rays, make_result


def test_classes_that_the_two_rank_apart_are_named() -> None:
    rising = [0.01, 0.02, 0.03, 0.04, 0.05, 0.06]
    margins = [0.1, 0.2, 0.3, 0.4, 0.5, 0.15]
    assert by_classes(rising, margins).disagreeing == (5,)
    sentence = by_classes(rising, margins).sentence
    assert "rank apart by a third of all or more, beyond chance: 5." in sentence
    assert by_classes(rising, [0.1, 0.2, 0.3, 0.4, 0.5, 0.45]).disagreeing == ()
    assert by_classes(rising, [0.1, 0.2, 0.3, 0.4, 0.45, 0.5]).rank_correlation.value == (
        pytest.approx(1.0)
    )
    assert by_classes([0.01, 0.02], [0.2, 0.1]).disagreeing == ()


def test_classes_are_not_named_for_what_chance_may_do() -> None:
    """Six classes alike: the ranks of some differ by two or more, and mean nothing."""
    random = np.random.default_rng(0)
    plan = SearchPlan(24, 1, signs=1, step=0.01, steps=50)
    origin = np.repeat(np.arange(6), 4)
    targets = Targets(np.zeros((24, *SPEC.shape)), origin, origin, 1.0)
    rays = make_rays(random.uniform(0.3, 0.5, (24, 1)), plan)
    results = [make_result("deepfool", random.uniform(0.01, 0.1, 24).tolist())]
    found = agreement(InputSpec(SPEC.shape, 6), targets, np.arange(24), results, rays, plan)
    closest = np.array([one.closest for one in found.per_class], dtype=float)
    margin = np.array([one.margin for one in found.per_class], dtype=float)
    assert np.abs(ranks(closest) - ranks(margin)).max() >= 2
    assert found.disagreeing == ()
