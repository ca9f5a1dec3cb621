"""From what was found to a record with its verdict: gates, and all that bears on them."""

import argparse

from msgspec.structs import replace

from robaudit.metrics.deciding import Looks
from robaudit.record.findings import Findings
from robaudit.record.schema.audit import AuditRecord
from robaudit.verdict.evaluate import evaluate_gates
from robaudit.verdict.fold import fold


def judge(
    options: argparse.Namespace, findings: Findings, looks: Looks | None = None
) -> AuditRecord:
    """Hold an audit against the gates that were asked for; give its record with the verdict.

    Raises UsageError for a gate on what was not measured.
    """
    record = findings.audit_record
    gates = evaluate_gates(options.fail_under, findings, looks)
    # Here, and not in the audit, which need not be made by a command.
    typed = replace(record.environment, command=getattr(options, "command_line", None))
    return replace(record, gates=gates, verdict=fold(record, gates), environment=typed)
