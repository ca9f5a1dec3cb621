"""Tracing is tried on rays that are known, and what it takes is counted."""

import numpy as np

from robaudit.search.traced.gap_process import measure_process
from tests.support.gaps import rays_of


def test_smooth_rays_need_few_evaluations() -> None:
    slope = np.linspace(-0.2, 0.05, 200)
    gaps = np.rint((1 + slope[:, None] * np.arange(65)) * 64) / 64
    wrong, asked = (rays := rays_of(gaps, (gaps <= 0).astype(int))).try_tracing(
        measure_process(gaps), 3.0
    )
    assert wrong == 0
    assert asked < 3 * 200
    assert rays.walking_cost() > 15 * 200
