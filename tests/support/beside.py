"""Findings with what was measured beside their search, made up."""

from dataclasses import replace

import msgspec

from robaudit.metrics.figures import CLOSEST
from robaudit.record.beside import Sampled, estimate_beside
from robaudit.record.findings import Findings
from robaudit.record.schema.attacks import ClosestRecord
from robaudit.record.schema.numbers import CorrelationEstimate
from robaudit.types import FloatArray

_SILENT = ClosestRecord(
    samples=0,
    by={},
    rank_correlation=CorrelationEstimate(value=None, low=None, high=None),
    per_class=[],
    disagreeing=[],
    sentence="",
)


def with_distances(findings: Findings, distances: FloatArray) -> Findings:
    """Say how near the boundary came to the samples searched."""
    told = msgspec.structs.replace(_SILENT, distance=estimate_beside(CLOSEST, distances))
    record = msgspec.structs.replace(findings.audit_record, closest=told)
    rows = findings.rows[: len(distances)]
    return replace(findings, audit_record=record, beside={CLOSEST: Sampled(rows, distances)})
