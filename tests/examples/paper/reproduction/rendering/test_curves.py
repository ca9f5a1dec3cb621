"""Names beside lines."""

from itertools import pairwise

import pytest

from reproduction.rendering import curves


@pytest.mark.parametrize("ends", [[50.0, 51.0, 52.0], [235.0, 235.0, 234.0], [30.0, 30.0, 200.0]])
def test_names_beside_lines_keep_apart(ends: list[float]) -> None:
    placed = curves._spread(ends, 30, 235)
    assert all(30 <= one <= 235 for one in placed)
    gaps = [after - before for before, after in pairwise(sorted(placed))]
    assert min(gaps) >= curves._SPACING
