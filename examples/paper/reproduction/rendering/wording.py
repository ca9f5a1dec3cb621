"""Sentences that both documents share."""

from collections.abc import Mapping
from typing import Any

from reproduction.rendering.cells import duration

AGREEMENT_KEY = (
    "A number of the paper is held against our interval of the mean over seeds; it is of one model "
    "itself, so that some lie outside by chance. A claim, that one model is above another, is "
    "reproduced where our interval of their difference, paired by seed, lies wholly on the paper's "
    "side of zero; not reproduced where it lies on the other side, or holds zero and excludes the "
    "paper's difference; and open else. Intervals are not adjusted for their number."
)


def worked(facts: Mapping[str, Any]) -> str:
    """Tell how long something took: by the clock where that is known, and in work.

    >>> worked({"seconds": 754, "wall_seconds": 377.0})
    '6 min 17 s, 12 min 34 s of work'
    """
    work = f"{duration(facts['seconds'])} of work"
    wall = facts.get("wall_seconds")
    return work if wall is None else f"{duration(wall)}, {work}"


def mixed_note(results: Mapping[str, Any]) -> str:
    """Warn where stages were done with different versions of something.

    >>> mixed_note({"mixed": ["torch"]})
    ' Attention: not all stages were done with the same torch.'
    """
    mixed = ", ".join(results.get("mixed", ()))
    return f" Attention: not all stages were done with the same {mixed}." if mixed else ""
