"""From what was found to a record with its verdict: gates, and all that bears on them."""

import argparse
import datetime

from msgspec.structs import replace

from robaudit.metrics.deciding import Looks
from robaudit.record.findings import Findings
from robaudit.record.schema.audit import AuditRecord
from robaudit.verdict.evaluate import evaluate_gates
from robaudit.verdict.fold import fold
from robaudit.verdict.suppression import suppress


def judge(
    options: argparse.Namespace,
    findings: Findings,
    looks: Looks | None = None,
    today: datetime.date | None = None,
) -> AuditRecord:
    """Hold an audit against the gates that were asked for; give its record with the verdict.

    Suppressions run out after their last day in UTC, ``today`` unless it is given.
    Raises UsageError for a gate on what was not measured.
    """
    record = findings.audit_record
    today = today or datetime.datetime.now(datetime.UTC).date()
    gates = evaluate_gates(options.gates, findings, looks)
    gates, suppressions = suppress(gates, options.suppressions, record.model.name, today)
    return replace(record, gates=gates, verdict=fold(record, gates, suppressions))
