"""One seed, many streams: each use of chance draws from its own.

Adding a draw in one place must not change what another place draws, so every
purpose has a number here, never reused.
"""

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What chance is used for."""

    DIRECTIONS = 0
    SAMPLES = 1
    BOOTSTRAP = 2
    SYNTHESIS = 3
    PREPROCESSING = 4
    ATTACKS = 5
    HARDENING = 6
    CHECKING = 7
    REGIONS = 8
    CORRUPTIONS = 9


def generator(seed: int, stream: Stream, *part: int) -> np.random.Generator:
    """Make the generator of one stream of a seed, or of one part of it."""
    return np.random.default_rng([seed, stream, *part])
