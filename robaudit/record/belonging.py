"""Whether what was found sample by sample belongs to a record: what both of them tell agrees."""

import math

import numpy as np

from robaudit.record.beside import estimate_beside
from robaudit.record.findings import Findings
from robaudit.record.headline_figures import headlines_beside
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
    known_beside = headlines_beside(record)
    for figure, sampled in findings.beside.items():
        told_of = known_beside.get(figure)
        value = estimate_beside(figure, sampled.values).value
        require(told_of is not None and _close(value, told_of.value), figure.title)


def _close(measured: float | None, told: float | None) -> bool:
    if measured is None or told is None:
        return measured is told
    return math.isclose(measured, told, rel_tol=_SAME, abs_tol=_SAME)
