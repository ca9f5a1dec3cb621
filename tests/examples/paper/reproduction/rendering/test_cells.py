"""Numbers in cells are written in their unit."""

import pytest

from reproduction.rendering import cell_text
from reproduction.rendering.cells import cell_parts, duration, number_text
from tests.support.paper_results import cell


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.505, "share", "50.5%"),
        (0.0002, "share", "0.02%"),
        (0.00001, "share", "<0.01%"),
        (0.0, "share", "0.0%"),
        (1, "share", "100.0%"),
        (36.15, "number", "36.2"),
        (2035.13, "number", "2,035"),
        (0.0074, "number", "0.007"),
        (0.0001, "number", "<0.001"),
        (-12.34, "number", "\N{MINUS SIGN}12.3"),
        (1500, "number", "1,500"),
        (0.38126, "rms", "0.381"),
        (-0.0123, "points", "\N{MINUS SIGN}1.2"),
        (0.0, "points", "0.0"),
        (None, "share", "\N{EN DASH}"),
    ],
)
def test_numbers_are_written_in_their_unit(value: float | None, unit: str, text: str) -> None:
    assert number_text(value, unit) == text
    assert cell_text({"value": value, "low": None, "high": None, "paper": None}, unit) == text


def test_an_interval_has_the_decimals_of_its_value() -> None:
    assert cell_parts(cell(0.0051, 0.001, 0.02), "share").interval == "[0.10, 2.00]"
    assert cell_text(cell(7.24, 0.5, 128.0), "number") == "7.24 [0.50, 128.00]"
    assert duration(59.7) == "1 min 0 s"
