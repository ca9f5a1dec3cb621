"""The record of a hardening that was stopped: the audit of its original, and what was trained."""

import msgspec

from robaudit.hardening.stopped import HardeningStopped
from robaudit.record.audit_record import describe_audit
from robaudit.record.hardening_record import run_record
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.partial import PartialRecord


def describe_stopped(stopped: HardeningStopped) -> AuditRecord:
    """Write down what there is of a hardening: an audit record, which is marked partial."""
    record = describe_audit(stopped.before)
    if record.partial:  # in the audit of the original: nothing was trained
        return record
    samples, spec = record.plan.samples, stopped.before.classifier.spec
    training = [run_record(run, spec, stopped.plan, stopped.y) for run in stopped.runs]
    partial = PartialRecord(
        stage="training", samples=samples, of_samples=samples, training=training
    )
    epochs = sum(len(part.epochs) for run in stopped.runs for part in run.rounds)
    judged = {0: "no epoch was", 1: "1 epoch was"}.get(epochs, f"{epochs:,} epochs were")
    caution = (
        f"PARTIAL: the hardening was interrupted. This is the audit of the original; {judged} "
        "judged, on validation data. It passes no gate, and the same command goes on from there."
    )
    return msgspec.structs.replace(record, partial=partial, warnings=[caution, *record.warnings])
