"""The comparison of two audits: plain JSON, as the record of an audit is."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from robaudit.audit import Audit
from robaudit.comparison.centers import compare_centers
from robaudit.comparison.comparable import cautions, check_comparable
from robaudit.comparison.differences import find_differences
from robaudit.comparison.matching import match_attacks
from robaudit.comparison.verdict import cautions_on_tests, verdict
from robaudit.record.findings import Findings, findings_of
from robaudit.record.plain import as_plain
from robaudit.record.schema.comparison import ComparisonRecord
from robaudit.record.schema.hardening import HardeningRecord

SCHEMA_VERSION = "1.2"


def compare(
    before: Findings | Audit,
    after: Findings | Audit,
    *,
    hardening: Mapping[str, Any] | None = None,
    warnings: Sequence[str] = (),
) -> dict[str, Any]:
    """Compare two audits of the same images, samples and directions.

    All differences are after less before, paired sample by sample. ``hardening``
    says how the model after came to be, where robaudit made it; ``warnings`` are
    put before those found here.

    Raises UsageError with all reasons where the two are not comparable.
    """
    described = None if hardening is None else msgspec.convert(hardening, HardeningRecord)
    comparison: dict[str, Any] = as_plain(
        describe_comparison(before, after, hardening=described, warnings=warnings)
    )
    return comparison


def describe_comparison(
    before: Findings | Audit,
    after: Findings | Audit,
    *,
    hardening: HardeningRecord | None = None,
    warnings: Sequence[str] = (),
) -> ComparisonRecord:
    """Compare two audits as `compare` does, and give every part of the record by its type."""
    before, after = (
        findings_of(audit) if isinstance(audit, Audit) else audit for audit in (before, after)
    )
    check_comparable(before, after)
    attacks, left_out = match_attacks(before, after)
    differences = find_differences(before, after, attacks)
    return ComparisonRecord(
        schema_version=SCHEMA_VERSION,
        kind="comparison",
        before=before.audit_record,
        after=after.audit_record,
        differences=differences,
        class_centers=compare_centers(before, after),
        verdict=verdict(before, after, differences),
        hardening=hardening,
        warnings=[
            *warnings,
            *cautions(before, after),
            *left_out,
            *cautions_on_tests(differences),
        ],
    )
