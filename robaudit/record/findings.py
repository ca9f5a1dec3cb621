"""What a comparison needs of an audit: its record, and what it found sample by sample."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from robaudit.audit import Audit
from robaudit.metrics.tally import Tally, tally_rays
from robaudit.record.audit_record import describe_audit
from robaudit.record.beside import Beside, sampled_beside
from robaudit.record.plain import as_plain
from robaudit.record.schema.audit import AuditRecord
from robaudit.search.plan import SearchPlan
from robaudit.search.rays import Rays
from robaudit.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Findings:
    """What an audit found, sample by sample.

    ``audit_record`` is what its ``audit.json`` holds. ``rays`` start from samples numbered 0
    to S - 1, which are ``rows`` (S,) of the data; ``origin`` (S,) are their reference
    classes. ``labels``, where there are any, and ``predicted`` (N,) are of all images
    of the split; ``directions`` is (K, *input shape). ``attacks`` has for each
    attack of the record what it did, ``None`` where that is not known, ``beside`` what figures
    of `robaudit.metrics.figures.BESIDE` were sample by sample, of those known so.
    """

    audit_record: AuditRecord
    plan: SearchPlan
    rays: Rays
    rows: IntArray
    origin: IntArray
    labels: IntArray | None
    predicted: IntArray
    directions: FloatArray
    attacks: tuple["Attacked | None", ...] = ()
    beside: Beside = field(default_factory=dict)

    @cached_property
    def record(self) -> Mapping[str, Any]:
        """The record as `robaudit.make_record` gives it; one that was read has its ``files``."""
        record: Mapping[str, Any] = as_plain(self.audit_record)
        return record

    @property
    def classes(self) -> int:
        """How many classes the model has."""
        return self.audit_record.model.classes

    @cached_property
    def tally(self) -> Tally:
        """What the rays add up to."""
        return tally_rays(self.rays, self.classes)


@dataclass(frozen=True)
class Attacked:
    """What an attack did: which rows of the data (T,) it was run on, and which of them fell.

    ``distance`` (T,) is how far each had to move, in the attack's norm: 0 where it was
    misclassified to begin with, infinite where it held; ``None`` where that is not known.
    """

    rows: IntArray
    success: BoolArray
    distance: FloatArray | None = None


def findings_of(audit: Audit, record: AuditRecord | None = None) -> Findings:
    """Take from an audit what a comparison needs; ``record`` is made where it is not given."""
    attacks: tuple[Attacked | None, ...] = ()
    if audit.assessment is not None:
        rows = audit.samples.rows[audit.assessment.places]
        attacks = tuple(
            Attacked(rows, outcome.success, outcome.distance.astype(np.float32))
            if (outcome := result.outcome)
            else None
            for result in audit.assessment.results
        )
    return Findings(
        audit_record=describe_audit(audit) if record is None else record,
        plan=audit.plan,
        rays=audit.rays,
        rows=audit.samples.rows,
        origin=audit.origin,
        labels=audit.prepared.images.labels,
        predicted=audit.predicted,
        directions=audit.directions,
        attacks=attacks,
        beside=sampled_beside(audit),
    )
