"""Compensation is answered beside its control."""

import pytest

from reproduction.compensation import READ, compensation
from reproduction.experiments import TITLES
from tests.support.paper_measures import measures


def test_the_control_is_answered_beside_compensation() -> None:
    some = measures("mnist", {"feedback": (0.6, 0.9), "continued": (0.3, 0.9)})
    table = compensation(some)
    names = [row["name"] for row in table["rows"]]
    assert f"{TITLES['feedback']} less {TITLES['continued']}" == names[2]
    control = table["reading"][-1]
    assert "gradient attacks +30.0 [+30.0, +30.0]: a gain" in control
    assert "by chance" not in " ".join(table["reading"])
    assert "3 seeds" in control
    assert table["columns"] == list(READ)
    place = table["columns"].index("gradient attacks")
    assert table["rows"][2]["cells"][place]["value"] == pytest.approx(0.3)
