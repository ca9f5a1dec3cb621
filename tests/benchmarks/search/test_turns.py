"""Time inside the model."""

import numpy as np

from benchmarks.search.turns import Stopwatch


def test_a_stopwatch_passes_on_what_it_times() -> None:
    watched = Stopwatch(np.searchsorted)
    assert watched([3, 5, 8], 5) == 1
    assert watched([3], 5) == 1
    assert watched.seconds > 0
    assert watched.rows == 4
    assert watched.__name__ == "searchsorted"
