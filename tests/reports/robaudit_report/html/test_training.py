"""Lines of epochs lie where the JSON says."""

import re
from typing import Any

import numpy as np

from tests.support.report_words import draw


def test_lines_of_epochs_lie_where_the_json_says(comparison: Any) -> None:
    page = draw("html", comparison)
    lines = re.findall(r'<polyline class="line" points="([^"]+)"', page)
    assert len(lines) == 6
    run = comparison["hardening"]["runs"][0]
    epochs = [one for turn in run["rounds"] for one in turn["epochs"]]
    values = np.array([one["restricted_mean"] for one in (run["original"], *epochs)])
    places = np.array([point.split(",") for point in lines[0].split()], float)
    np.testing.assert_allclose(places[:, 0], np.linspace(0, 220, 9), atol=0.06)
    share = (values.max() - values) / (values.max() - values.min())
    np.testing.assert_allclose(places[:, 1], 90 * share, atol=0.06)
    assert page.count('<text class="kept"') == 6
