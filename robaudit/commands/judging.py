"""From what was found to a record with its verdict: gates, and all that bears on them."""

import argparse
import os
from pathlib import Path

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
    record = replace(record, model=replace(record.model, source=file_of_model(options.model)))
    gates = evaluate_gates(options.fail_under, findings, looks)
    return replace(record, gates=gates, verdict=fold(record, gates))


def file_of_model(source: str) -> str | None:
    """Give the file of a model by its path from this folder, ``None`` where it is not below it."""
    here = Path.cwd()
    path = Path(os.path.normpath(here / source.partition(":")[0]))
    if not path.exists() or not path.is_relative_to(here):
        return None
    return path.relative_to(here).as_posix()
