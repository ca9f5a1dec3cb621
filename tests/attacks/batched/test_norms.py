"""Balls of the norms: what is projected lies in them, and nothing in them lies nearer."""

import numpy as np
import pytest

from robaudit.attacks.batched.norms import GEOMETRIES

CHANGES = np.random.default_rng(0).normal(0, 1, (200, 12)).astype(np.float32)


@pytest.mark.parametrize("norm", GEOMETRIES)
def test_projections_lie_in_the_ball_and_no_point_of_it_nearer(norm: str) -> None:
    geometry = GEOMETRIES[norm]
    radius = np.random.default_rng(1).uniform(0, 5, 200)
    projected = geometry.project(CHANGES, radius)
    assert (geometry.length(projected) <= radius + 1e-5).all()
    inside = geometry.length(CHANGES) <= radius
    np.testing.assert_array_equal(projected[inside], CHANGES[inside])
    others = geometry.project(np.roll(CHANGES, 1, axis=0), radius)
    far = np.linalg.norm(CHANGES - projected, axis=1)
    assert (far <= np.linalg.norm(CHANGES - others, axis=1) + 1e-5).all()


def test_known_projections() -> None:
    change = np.array([[3.0, -1.0, 0.5]])
    two = np.array([2.0])
    expected = {"l0": [3.0, -1.0, 0.0], "l1": [2.0, 0.0, 0.0], "linf": [2.0, -1.0, 0.5]}
    for norm, point in expected.items():
        np.testing.assert_allclose(GEOMETRIES[norm].project(change, two), np.array([point]))
    lengths = {"l0": 3, "l1": 4.5, "l2": np.sqrt(10.25), "linf": 3}
    for norm, length in lengths.items():
        assert GEOMETRIES[norm].length(change)[0] == pytest.approx(length)
