"""What a verdict means for a command: its exit code, and what a quiet one says."""

import argparse
import sys

from robaudit.attacks.assessment import Assessment, reasons
from robaudit.commands import ExitCode
from robaudit.errors import ClassifierError
from robaudit.phrases import printable, what_decides
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.comparison import ComparisonRecord
from robaudit.record.schema.numbers import given
from robaudit.record.schema.verdict import GateRecord, VerdictRecord
from robaudit.verdict.fold import severity_of

_CODES = {"fail": ExitCode.GATE_FAILED, "inconclusive": ExitCode.INCONCLUSIVE}


def exit_code(record: AuditRecord | ComparisonRecord) -> ExitCode:
    """Give the exit code that follows from a verdict."""
    verdict = verdict_of(record)
    return _CODES.get(verdict.outcome or "", ExitCode.OK) if verdict else ExitCode.OK


def verdict_of(record: AuditRecord | ComparisonRecord) -> VerdictRecord | None:
    """Give the verdict on an audit, or on a comparison, if there is one."""
    if isinstance(record, ComparisonRecord):
        return given(record.judgement, None)
    return given(record.verdict, None)


def print_verdict(record: AuditRecord | ComparisonRecord) -> None:
    """Say on standard error why a verdict is no pass: a quiet command has no other word of it."""
    verdict = verdict_of(record)
    if verdict is None or verdict.outcome in (None, "pass"):
        return
    gates = given(record.gates, [])
    deciding = {gate.name: to_decide(gate) for gate in gates if severity_of(gate)}
    for reason in verdict.reasons:
        if reason.severity != "note":
            what = deciding.get(reason.gate or "", "")
            sys.stderr.write(f"robaudit: {reason.severity}: {printable(reason.sentence)}{what}\n")


def to_decide(gate: GateRecord) -> str:
    """Say what would decide a gate, if anything is known of it."""
    of = given(gate.to_decide, None)
    if of is None:
        return ""
    return "; " + what_decides(of.samples, of.there, of.rays, of.forward_evaluations, of.seconds)


def check_attacks(assessment: Assessment | None, options: argparse.Namespace) -> None:
    """Raise ClassifierError where attacks that were asked for could not be run.

    With ``--allow-skipped`` nobody minds. The error says where the results are, which are to
    be written before it is raised. So it is with what was to be measured beside them.
    """
    if assessment is not None and assessment.unmeasured and not options.allow_skipped:
        why = "; ".join(f"{name} ({reason})" for name, reason in assessment.unmeasured.items())
        raise ClassifierError(
            f"not measured: {why}",
            expected="the measures that were asked for",
            advice=f"The rest is in {options.out}. With --allow-skipped it is enough.",
        )
    if assessment is not None and assessment.missing and not options.allow_skipped:
        raise ClassifierError(
            f"did not run: {reasons(assessment.missing)}",
            expected="the attacks that were asked for",
            advice=f"The rest is in {options.out}. With --allow-skipped it is enough.",
        )
