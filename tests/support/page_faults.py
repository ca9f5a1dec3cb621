"""Counting the pages that the system hands out when large arrays are made and let go again."""

import resource

import numpy as np

TIMES, PAGES_OF_EACH = 20, 2**14


def pages_asked_for() -> int:
    """Make an array of 64 MiB, let it go, and so on; count the pages of all but the first."""

    def use() -> None:
        np.empty(PAGES_OF_EACH * resource.getpagesize(), dtype=np.uint8)[::512] = 1

    use()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(TIMES):
        use()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
