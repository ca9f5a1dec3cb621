"""The verdict: what each gate does to it, and in which order it says so."""

import msgspec
import pytest

from robaudit.metrics.figures import ACCURACY, CROSSING_RATE, ROBUST_ACCURACY
from robaudit.metrics.gates import Gate, Level, OnInconclusive
from robaudit.record.findings import Findings
from robaudit.record.schema.verdict import GateRecord, SuppressionRecord
from robaudit.verdict.evaluate import evaluate_gates
from robaudit.verdict.fold import fold, severity_of

PASSED, FAILED = Gate(ACCURACY, 0.5), Gate(ROBUST_ACCURACY, 0.9, attack="pgd")


def let_be(*, expired: bool = False) -> SuppressionRecord:
    return SuppressionRecord(
        gate="robust-accuracy", class_name=None, model=None, until="2030-01-31",
        reason="to be retrained", expired=expired, used=True,
    )  # fmt: skip


def undecided(gate: Gate, findings: Findings) -> GateRecord:
    (record,) = evaluate_gates([gate], findings)
    return msgspec.structs.replace(record, outcome="inconclusive")


@pytest.mark.parametrize(
    ("level", "on_inconclusive", "severity"),
    [
        ("error", None, "inconclusive"),
        ("error", "fail", "fail"),
        ("error", "warn", "warning"),
        ("error", "pass", "note"),
        ("warning", None, "warning"),
        ("warning", "fail", "warning"),
        ("warning", "pass", "note"),
    ],
)
def test_what_cannot_be_decided_is_what_was_asked_for(
    level: Level, on_inconclusive: OnInconclusive | None, severity: str, attacked: Findings
) -> None:
    gate = Gate(ACCURACY, 0.98, level=level, on_inconclusive=on_inconclusive)
    record = undecided(gate, attacked)
    assert severity_of(record) == severity
    verdict = fold(attacked.audit_record, [record])
    outcomes = {"fail": "fail", "inconclusive": "inconclusive"}
    assert verdict.outcome == outcomes.get(severity, "pass")


def test_the_worst_comes_first(attacked: Findings) -> None:
    (passed, failed) = evaluate_gates([PASSED, FAILED], attacked)
    warned = undecided(Gate(ACCURACY, 0.98, level="warning"), attacked)
    open_ = undecided(Gate(CROSSING_RATE, 0.4), attacked)
    verdict = fold(attacked.audit_record, [passed, warned, open_, failed])
    assert [reason.severity for reason in verdict.reasons] == ["fail", "inconclusive", "warning"]
    assert verdict.outcome == "fail"
    assert verdict.sentence == f"{failed.sentence}."
    assert fold(attacked.audit_record, [passed, open_]).outcome == "inconclusive"
    assert fold(attacked.audit_record, [passed]).sentence == "The gate passed."
    assert fold(attacked.audit_record, [passed, passed]).sentence == "2 gates passed."


def test_a_gate_that_is_let_be_is_a_note_until_that_runs_out(attacked: Findings) -> None:
    (failed,) = evaluate_gates([FAILED], attacked)
    hidden = msgspec.structs.replace(failed, suppressed=let_be())
    verdict = fold(attacked.audit_record, [hidden], [let_be()])
    assert verdict.outcome == "pass"
    assert verdict.sentence == "The gate passed, 1 of them let be."
    assert verdict.reasons[0].severity == "note"
    assert "let be until 2030-01-31: to be retrained" in verdict.reasons[0].sentence
    verdict = fold(attacked.audit_record, [], [let_be(expired=True)])
    assert verdict.outcome == "fail"
    assert "ran out on 2030-01-31" in verdict.sentence


def test_without_gates_the_weakest_point_is_said(attacked: Findings) -> None:
    verdict = fold(attacked.audit_record, [])
    assert verdict.outcome is None
    assert verdict.sentence == f"Weakest point: {verdict.facts[0]}."


def test_conditions_say_what_figures_hold_under(attacked: Findings) -> None:
    record = attacked.audit_record
    assert fold(record, []).conditions == []
    skipped = msgspec.structs.replace(record.attacks[0], skipped="no gradients")
    data = msgspec.structs.replace(record.data, synthetic=True)
    worse = msgspec.structs.replace(record, data=data, attacks=[skipped, *record.attacks[1:]])
    conditions = fold(worse, []).conditions
    assert conditions[0].startswith("made-up inputs")
    assert conditions[1] == "did not run: FGSM"
