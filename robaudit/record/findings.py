"""What a comparison needs of an audit: its record, and what it found sample by sample."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from robaudit.audit import Audit
from robaudit.metrics.tally import Tally, tally_rays
from robaudit.record.audit_record import make_record
from robaudit.search.plan import SearchPlan
from robaudit.search.rays import Rays
from robaudit.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Findings:
    """What an audit found, sample by sample.

    ``record`` is as `make_record` gives it. ``rays`` start from samples numbered 0
    to S - 1, which are ``rows`` (S,) of the data; ``origin`` (S,) are their reference
    classes. ``labels``, where there are any, and ``predicted`` (N,) are of all images
    of the split; ``directions`` is (K, *input shape). ``attacks`` has for each
    attack of the record what it did, ``None`` where that is not known.
    """

    record: Mapping[str, Any]
    plan: SearchPlan
    rays: Rays
    rows: IntArray
    origin: IntArray
    labels: IntArray | None
    predicted: IntArray
    directions: FloatArray
    attacks: tuple["Attacked | None", ...] = ()

    @property
    def classes(self) -> int:
        """How many classes the model has."""
        return int(self.record["model"]["classes"])

    @cached_property
    def tally(self) -> Tally:
        """What the rays add up to."""
        return tally_rays(self.rays, self.classes)

    def name_of(self, class_index: int) -> str:
        """Give the name of a class, or its number where it has none."""
        names = self.record["model"]["class_names"]
        return str(names[class_index] if names else class_index)


@dataclass(frozen=True)
class Attacked:
    """What an attack did: which rows of the data (T,) it was run on, and which of them fell."""

    rows: IntArray
    success: BoolArray


def findings_of(audit: Audit, record: Mapping[str, Any] | None = None) -> Findings:
    """Take from an audit what a comparison needs; ``record`` is made where it is not given."""
    attacks: tuple[Attacked | None, ...] = ()
    if audit.assessment is not None:
        rows = audit.samples.rows[audit.assessment.places]
        attacks = tuple(
            Attacked(rows, result.outcome.success) if result.outcome else None
            for result in audit.assessment.results
        )
    return Findings(
        record=make_record(audit) if record is None else record,
        plan=audit.plan,
        rays=audit.rays,
        rows=audit.samples.rows,
        origin=audit.origin,
        labels=audit.prepared.images.labels,
        predicted=audit.predicted,
        directions=audit.directions,
        attacks=attacks,
    )
