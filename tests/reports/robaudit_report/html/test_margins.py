"""Curves of rays that have not crossed lie where the JSON says."""

import re
from typing import Any

import numpy as np

from tests.support.report_words import draw


def test_curves_of_both_models_lie_over_each_other(comparison: Any) -> None:
    page = draw("html", comparison)
    overlaid = re.findall(
        r'series-1"><polyline class="series" points="([^"]+)"/></g>'
        r'<g class="series-0"><polyline class="series" points="([^"]+)"',
        page,
    )
    assert len(overlaid) == 11
    margins = [comparison[part]["margins"] for part in ("before", "after")]
    right = margins[0]["right_at_start"]["per_class"]
    means = [one["restricted_mean"]["value"] or 0.0 for one in right]
    worst_first = np.argsort(means, kind="stable").tolist()
    wanted = [
        [one["not_crossed"] for one in margins],
        *([one["per_class"][index]["not_crossed"] for one in margins] for index in worst_first),
    ]
    for points, shares in zip(overlaid, wanted, strict=True):
        for line, share in zip(points, shares, strict=True):
            heights = [float(point.split(",")[1]) for point in line.split()]
            np.testing.assert_allclose(heights, 80 * (1 - np.array(share)), atol=0.06)
