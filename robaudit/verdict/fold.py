"""One verdict: gates, baseline, suppressions and conditions, all of them together."""

from collections.abc import Sequence

from robaudit.attacks.run import INTERRUPTED
from robaudit.phrases import gates_of, printable
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit.record.schema.verdict import (
    BaselineRecord,
    GateRecord,
    Outcome,
    ReasonRecord,
    Severity,
    SuppressionRecord,
    VerdictRecord,
)
from robaudit.verdict.facts import facts

_ORDER: tuple[Severity, ...] = ("fail", "inconclusive", "warning", "note")


def fold(
    record: AuditRecord,
    gates: Sequence[GateRecord],
    suppressions: Sequence[SuppressionRecord] = (),
    baseline: BaselineRecord | None = None,
    more: Sequence[ReasonRecord] = (),
) -> VerdictRecord:
    """Fold gates, and what else bears on them, into the verdict on an audit.

    A suppression that has run out fails; gates that are suppressed are notes. ``more`` are
    reasons that no gate gives.
    """
    reasons = [reason for gate in gates if (reason := _reason(gate)) is not None]
    reasons += [_expired(suppression) for suppression in suppressions if suppression.expired]
    reasons += more
    reasons.sort(key=lambda reason: _ORDER.index(reason.severity))
    conditions, weakest = list(_conditions(record)), facts(record)
    severities = {reason.severity for reason in reasons}
    outcome: Outcome | None = None
    if gates or reasons:
        outcome = (
            "fail" if "fail" in severities
            else "inconclusive" if "inconclusive" in severities
            else "pass"
        )  # fmt: skip
    return VerdictRecord(
        outcome=outcome,
        sentence=_sentence(outcome, gates, reasons, weakest),
        reasons=reasons,
        facts=weakest,
        conditions=conditions,
        suppressions=list(suppressions),
        baseline=baseline,
    )


def severity_of(gate: GateRecord) -> Severity | None:
    """Say what a gate does to the verdict: ``None`` for one that was passed."""
    return gate.severity


def _reason(gate: GateRecord) -> ReasonRecord | None:
    severity = severity_of(gate)
    if severity is None:
        return None
    sentence = given(gate.sentence, "")
    suppressed = given(gate.suppressed, None)
    if suppressed is not None:
        sentence += f"; let be until {suppressed.until}: {suppressed.reason}"
    return ReasonRecord(severity=severity, sentence=sentence, gate=given(gate.name, None))


def _expired(suppression: SuppressionRecord) -> ReasonRecord:
    what = gates_of(suppression.gate, suppression.class_name, suppression.model)
    source = suppression.source
    where = f", {source.file}, line {source.line}" if source else ""
    return ReasonRecord(
        severity="fail",
        sentence=f"What lets {what} be ran out on {suppression.until} "
        f"({printable(suppression.reason)}{where})",
    )


def _sentence(
    outcome: Outcome | None,
    gates: Sequence[GateRecord],
    reasons: Sequence[ReasonRecord],
    weakest: Sequence[str],
) -> str:
    if outcome is None:
        return f"Weakest point: {weakest[0]}." if weakest else "Nothing was measured."
    if outcome == "pass":
        held = [gate for gate in gates if given(gate.state, None) != "absent"]
        count = f"{len(held)} gates" if len(held) != 1 else "The gate"
        let_be = sum(given(gate.suppressed, None) is not None for gate in held)
        also = f", {let_be} of them let be" if let_be else ""
        return f"{count} passed{also}."
    worst = [reason for reason in reasons if reason.severity == outcome]
    more = f", and {len(worst) - 1} more" if len(worst) > 1 else ""
    return f"{worst[0].sentence}{more}."


def _conditions(record: AuditRecord) -> list[str]:
    conditions = []
    if record.data.synthetic:
        conditions.append("made-up inputs: the figures say nothing of real images")
    if record.randomised:
        conditions.append(
            f"the model answers differently each time: figures are over "
            f"{record.randomised.draws} draws"
        )
    left_out = [attack for attack in record.attacks if attack.skipped]
    skipped = [attack.title for attack in left_out if attack.skipped != INTERRUPTED]
    if skipped:
        conditions.append(f"did not run: {', '.join(skipped)}")
    if len(skipped) < len(left_out):
        conditions.append("interrupted: some attacks are not there")
    raised = [flag for flag in given(record.trust, []) if flag.raised]
    if raised:
        conditions.append(
            f"{len(raised)} sign{'s' * (len(raised) > 1)} that attacks look weaker than they should"
        )
    return conditions
