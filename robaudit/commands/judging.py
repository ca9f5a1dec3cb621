"""From what was found to a record with its verdict: gates, and all that bears on them."""

import argparse
from collections.abc import Sequence

from msgspec.structs import replace

from robaudit.metrics.deciding import Looks
from robaudit.metrics.gates import Gate
from robaudit.record.findings import Findings
from robaudit.record.schema.audit import AuditRecord
from robaudit.verdict.baseline import describe_baseline, evaluate_against, usual_drops
from robaudit.verdict.evaluate import evaluate_gates
from robaudit.verdict.fold import fold
from robaudit.verdict.ratchet import may_replace, with_given_up


def gates_asked_for(options: argparse.Namespace) -> list[Gate]:
    """Give the gates that were typed, or set in a file."""
    return list(getattr(options, "gates", options.fail_under))


def judge(
    options: argparse.Namespace,
    findings: Findings,
    looks: Looks | None = None,
    before: Findings | None = None,
) -> AuditRecord:
    """Hold an audit against the gates that were asked for; give its record with the verdict.

    Where there is a baseline, and no gate on a drop, those of `usual_drops` are held too.

    Raises UsageError for a gate on what was not measured.
    """
    record, asked = findings.audit_record, gates_asked_for(options)
    if before is None:
        gates = evaluate_gates(asked, findings, looks)
        return replace(record, gates=gates, verdict=fold(record, gates))
    gates = evaluate_against(with_drops(asked, before), findings, before, looks)
    baseline = describe_baseline(str(options.baseline), before, findings)
    if options.update_baseline:
        updated, why = may_replace(record, gates)
        gates = with_given_up(gates) if updated else gates
        baseline = replace(baseline, updated=updated, why=baseline.missing or why)
    return replace(record, gates=gates, verdict=fold(record, gates, baseline=baseline))


def with_drops(asked: Sequence[Gate], before: Findings) -> list[Gate]:
    """Add the usual gates on drops where none is asked for."""
    return [*asked, *(() if any(gate.drop for gate in asked) else usual_drops(before))]
