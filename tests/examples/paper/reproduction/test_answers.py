"""Effects are told with their size, and apart from what is not shown."""

from typing import Any

import pytest

from reproduction.answers import answers, change
from reproduction.compensation import READ
from reproduction.spread import mean_cell
from tests.support.paper_results import cell


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        (
            cell(-0.167, -0.194, -0.141),
            "takes 16.7 points [\N{MINUS SIGN}19.4, \N{MINUS SIGN}14.1] from x",
        ),
        (cell(0.05, 0.01, 0.09), "adds 5.0 points [+1.0, +9.0] to x"),
        ({**cell(3.0, 1.0, 5.0), "unit": "change"}, "adds 3.00 [+1.00, +5.00] to x"),
    ],
)
def test_effects_are_told_with_their_size(measured: Any, said: str) -> None:
    assert change("x", measured) == said


def test_what_is_shown_comes_before_what_is_not() -> None:
    cells = [cell(0.0, -0.01, 0.012) for _ in READ]
    nothing, _, control = answers([{"name": "a less b", "cells": cells}] * 3, list(READ), 3)
    assert ": nothing is shown for margins over all classes 0.0 [" in nothing
    assert "noise 0.0 [\N{MINUS SIGN}1.0, +1.2]: not shown" in control
    cells[list(READ).index("margin, worst class")] = cell(0.05, 0.01, 0.09)
    something, *_ = answers([{"name": "a less b", "cells": cells}] * 3, list(READ), 3)
    assert ": it adds 5.0 points [+1.0, +9.0] to the margin of the worst class; not" in something
    assert something.count("worst class") == 1


def test_one_seed_says_nothing_of_chance() -> None:
    rows = [{"name": "F.L. less x", "cells": [mean_cell([0.1]) for _ in READ]}] * 3
    assert all("one seed says nothing of chance" in one for one in answers(rows, list(READ), 1))
