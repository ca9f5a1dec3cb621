"""Whether what was found sample by sample belongs to a record: what both of them tell agrees."""

import math

import numpy as np

from robaudit.record.findings import Findings
from robaudit.search.rays import NONE
from robaudit.stats.means import mean_over_classes
from robaudit.storage.checked_arrays import require, within

_SAME = 1e-6


def check_belonging(findings: Findings) -> None:
    """Raise ValueError, naming what, where findings are not those that their record tells of."""
    record, rows, rays = findings.audit_record, findings.rows, findings.rays
    require(len(rays) == record.search.rays, "the number of rays")
    crossed = sum(int((block.step != NONE).sum()) for block in rays.blocks())
    require(crossed == record.search.crossed, "crossed rays")
    within(rows, "rows of samples", 0, record.data.samples)
    require(len(np.unique(rows)) == len(rows), "rows of samples")
    labels, predicted = findings.labels, findings.predicted
    if labels is not None:
        accuracy = float((predicted == labels).mean())
        require(_close(accuracy, record.clean.accuracy.value), "clean accuracy")
    known = labels if record.data.reference == "label" else predicted
    same = known is not None and np.array_equal(known[rows], findings.origin)
    require(same, "reference classes")
    told, tally = record.margins.restricted_mean.value, findings.tally
    over_classes = float(mean_over_classes(tally.margin_cells).value) * findings.plan.reach
    # Before 1.5 all samples weighed the same.
    require(_close(over_classes, told) or _close(tally.restricted.mean(), told), "mean margin")
    for attack, attacked in zip(record.attacks, findings.attacks, strict=True):
        if attacked is not None:
            held = float((~attacked.success).mean())
            require(_close(held, attack.accuracy.value), f"accuracy under {attack.name}")


def _close(measured: float, told: float | None) -> bool:
    return told is not None and math.isclose(measured, told, rel_tol=_SAME, abs_tol=_SAME)
