"""Class centres of both models on both models (paper, Table II)."""

import numpy as np

from robaudit.record.findings import Findings
from robaudit.record.schema.comparison import CenterRecord, ClassCentersRecord
from robaudit.types import FloatArray, IntArray


def compare_centers(before: Findings, after: Findings) -> list[ClassCentersRecord]:
    """Give the mean margin on both models of the centre that each class has on either.

    Both searched the same samples, so all four are known. There are none where the
    reference classes differ, since then the classes hold other samples.
    """
    if not np.array_equal(before.origin, after.origin):
        return []
    margins = before.tally.restricted, after.tally.restricted

    def center(margin: FloatArray, members: IntArray) -> CenterRecord:
        sample = int(members[margin[members].argmax()])
        on_before, on_after = (float(margin[sample]) for margin in margins)
        return CenterRecord(row=int(before.rows[sample]), before=on_before, after=on_after)

    centers = []
    for class_index in np.unique(before.origin).tolist():
        members = np.flatnonzero(before.origin == class_index)
        centers.append(
            ClassCentersRecord(
                class_index=class_index,
                name=before.audit_record.model.name_of(class_index),
                center_of_before=center(margins[0], members),
                center_of_after=center(margins[1], members),
            )
        )
    return centers
