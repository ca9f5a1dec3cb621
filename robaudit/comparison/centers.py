"""Class centres of both models on both models (paper, Table II)."""

from typing import Any

import numpy as np

from robaudit.record.findings import Findings
from robaudit.types import IntArray


def compare_centers(before: Findings, after: Findings) -> list[dict[str, Any]]:
    """Give the mean margin on both models of the centre that each class has on either.

    Both searched the same samples, so all four are known. There are none where the
    reference classes differ, since then the classes hold other samples.
    """
    if not np.array_equal(before.origin, after.origin):
        return []
    margins = before.tally.restricted, after.tally.restricted

    def on_both(sample: int) -> dict[str, Any]:
        one, two = (float(margin[sample]) for margin in margins)
        return {"row": int(before.rows[sample]), "before": one, "after": two}

    def center(margin: Any, members: IntArray) -> dict[str, Any]:
        return on_both(int(members[margin[members].argmax()]))

    found = []
    for class_index in np.unique(before.origin).tolist():
        members = np.flatnonzero(before.origin == class_index)
        found.append(
            {
                "class": class_index,
                "name": before.name_of(class_index),
                "center_of_before": center(margins[0], members),
                "center_of_after": center(margins[1], members),
            }
        )
    return found
