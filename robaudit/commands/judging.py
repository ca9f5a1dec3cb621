"""From what was found to a record with its verdict: gates, and all that bears on them."""

import argparse
import datetime
import os
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from robaudit.metrics.deciding import Looks
from robaudit.metrics.gates import Gate
from robaudit.record.findings import Findings
from robaudit.record.schema.audit import AuditRecord
from robaudit.verdict.baseline import describe_baseline, evaluate_against, usual_drops
from robaudit.verdict.evaluate import evaluate_gates
from robaudit.verdict.fold import fold
from robaudit.verdict.ratchet import may_replace, with_given_up
from robaudit.verdict.suppression import suppress


def judge(
    options: argparse.Namespace,
    findings: Findings,
    looks: Looks | None = None,
    before: Findings | None = None,
    today: datetime.date | None = None,
) -> AuditRecord:
    """Hold an audit against the gates that were asked for; give its record with the verdict.

    Where there is a baseline (``before``), and no gate on a drop, those of `usual_drops` are
    held too. Suppressions run out after their last day in UTC, ``today`` unless it is given.

    Raises UsageError for a gate on what was not measured.
    """
    record, baseline = findings.audit_record, None
    # Here, and not in the audit, which need not be made by a command.
    record = replace(
        record,
        model=replace(record.model, source=file_of_model(options.model)),
        environment=replace(record.environment, command=options.command_line),
    )
    if before is None:
        gates = evaluate_gates(options.gates, findings, looks)
    else:
        asked = with_drops(options.gates, before)
        gates = evaluate_against(asked, findings, before, looks)
        baseline = describe_baseline(str(options.baseline), before, findings)
    gates, suppressions = suppress(gates, options.suppressions, record.model.name, today)
    if baseline is not None and options.update_baseline:
        updated, why = may_replace(record, gates)
        gates = with_given_up(gates) if updated else gates
        baseline = replace(baseline, updated=updated, why=baseline.missing or why)
    return replace(record, gates=gates, verdict=fold(record, gates, suppressions, baseline))


def with_drops(asked: Sequence[Gate], before: Findings) -> list[Gate]:
    """Add the usual gates on drops where none is asked for."""
    return [*asked, *(() if any(gate.drop for gate in asked) else usual_drops(before))]


def file_of_model(source: object) -> str | None:
    """Give the file of a model by its path from this folder, ``None`` where it is not below it."""
    if not isinstance(source, str):  # it lies in memory
        return None
    here = Path.cwd()
    path = Path(os.path.normpath(here / source.partition(":")[0]))
    if not path.exists() or not path.is_relative_to(here):
        return None
    return path.relative_to(here).as_posix()
