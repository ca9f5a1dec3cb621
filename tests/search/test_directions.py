"""Random directions: orthogonal, of unit RMS, and no more than there are dimensions."""

import numpy as np
import pytest

import robaudit
from robaudit.search.directions import random_directions, rms
from tests.support.searches import DIMENSION, SHAPE


@pytest.mark.parametrize("memory_limit", [2**30, 3 * 8 * DIMENSION * 5])
def test_directions_are_orthogonal_and_of_unit_rms(memory_limit: int) -> None:
    directions = random_directions(SHAPE, 12, seed=4, pixel_range=2.0, memory_limit=memory_limit)
    np.testing.assert_allclose(rms(directions, 2.0), 1, rtol=1e-6)
    flat = directions.reshape(12, -1)
    blocks = [flat] if memory_limit > 2**20 else [flat[:5], flat[5:10], flat[10:]]
    for block in blocks:
        gram = block @ block.T / (DIMENSION * 4)
        np.testing.assert_allclose(gram, np.eye(len(block)), atol=1e-5)


def test_more_directions_than_dimensions_are_refused() -> None:
    with pytest.raises(robaudit.RobauditError, match="at most 36"):
        random_directions(SHAPE, 37, seed=0)
