"""Attacks by the names of the catalogue: their parameters reach what runs them."""

from dataclasses import replace

import numpy as np
import pytest

from robaudit.attacks.boundaries.opt_margin import OptMargin, opt_margin
from robaudit.attacks.catalogue import SUITES, parse_attack
from robaudit.attacks.run import Targets, run_attack
from robaudit.errors import UsageError
from robaudit.testing import affine_classifier


@pytest.mark.parametrize("box", [(0.0, 1.0), (-2.0, 2.0)])
def test_opt_margin_by_its_name_is_opt_margin(box: tuple[float, float]) -> None:
    """In shares of the pixel range, whatever that is; what it finds beyond the budget is none."""
    low, size = box[0], box[1] - box[0]
    slope = np.random.default_rng(3).standard_normal(36)
    both = np.stack([np.zeros(36), slope], axis=1)
    unit = affine_classifier(both, np.array([0.0, -slope.sum() / 2 - 0.3]), (1, 6, 6))
    model = affine_classifier(
        both / size, np.array([0.0, -slope.sum() * (0.5 + low / size) - 0.3]), (1, 6, 6)
    )
    model = replace(model, spec=replace(model.spec, low=low, high=box[1]))
    x = np.random.default_rng(0).normal(0.5, 0.01, (6, 1, 6, 6)).astype(np.float32)
    y = unit.predict(x).argmax(axis=1)
    examples, found = opt_margin(unit, x, y, OptMargin(0.02, 6, searches=4, steps=100, seed=7))
    assert found.all()
    length = np.linalg.norm((examples - x).reshape(6, -1), axis=1)
    budget = float(np.median(length))
    attack = parse_attack(f"opt-margin:budget={budget},shift=0.02,members=6,steps=100", model.spec)
    targets = Targets((low + size * x).astype(np.float32), y, y, 1.0)
    outcome = run_attack(model, targets, attack, seed=7, batch_size=4)
    assert outcome.success.tolist() == (length <= budget).tolist()
    np.testing.assert_allclose(
        outcome.distance[outcome.success], length[length <= budget], rtol=0.02
    )
    assert outcome.outside == (length > budget).sum()


def test_opt_margin_is_run_where_it_is_named() -> None:
    """It asks as much as all others together; more members than dimensions there cannot be."""
    assert all("opt-margin" not in names for names in SUITES.values())
    model = affine_classifier(np.eye(4)[:, :2], np.zeros(2), (1, 2, 2))
    attack = parse_attack("opt-margin:members=20,shift=0.1,steps=20,searches=3", model.spec)
    x = np.array([[[[0.6, 0.5], [0.5, 0.5]]]], dtype=np.float32)
    targets = Targets(x, np.array([0]), np.array([0]), 1.0)
    assert run_attack(model, targets, attack, seed=0, batch_size=4).success.all()
    with pytest.raises(UsageError, match="members=0"):
        parse_attack("opt-margin:members=0", model.spec)
