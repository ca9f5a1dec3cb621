"""The verdict on a comparison."""

import datetime

import pytest

from robaudit.comparison.comparison import describe_comparison
from robaudit.metrics.figures import ACCURACY
from robaudit.metrics.gates import Gate
from robaudit.record.findings import Findings
from robaudit.record.schema.verdict import VerdictRecord
from robaudit.verdict.compared import NOTHING_WORSE, judge_comparison
from robaudit.verdict.suppression_file import Suppression
from tests.support.lives import NOT_WORSE, attacked, with_wrong


@pytest.fixture(scope="module")
def before() -> Findings:
    return attacked()


def judged(before: Findings, after: Findings, *gates: Gate, worse: bool = False) -> object:
    compared = describe_comparison(before, after)
    return judge_comparison(
        compared, before, after, gates, file="before", fail_on_worse=worse
    ).judgement


def test_without_gates_there_is_none(before: Findings) -> None:
    assert judged(before, before) is None


def test_what_became_worse_fails_where_asked(before: Findings) -> None:
    verdict = judged(before, with_wrong(before, 40), worse=True)
    assert isinstance(verdict, VerdictRecord)
    assert verdict.outcome == "fail"
    assert "Clean accuracy" in verdict.sentence
    assert "became worse by more than chance: 89% before and 69% after" in verdict.sentence
    same = judged(before, before, worse=True)
    assert isinstance(same, VerdictRecord)
    assert (same.outcome, same.sentence) == ("pass", NOTHING_WORSE)


def test_gates_are_held_against_the_audit_before(before: Findings) -> None:
    verdict = judged(before, with_wrong(before, 40), NOT_WORSE[0])
    assert isinstance(verdict, VerdictRecord)
    assert verdict.outcome == "fail"
    assert verdict.sentence.startswith("Clean accuracy lost 20.0 points")
    assert verdict.baseline is not None
    assert verdict.baseline.file == "before"
    fine = judged(before, before, Gate(ACCURACY, 0.5), worse=True)
    assert isinstance(fine, VerdictRecord)
    assert fine.sentence == f"The gate passed. {NOTHING_WORSE}"


def test_a_gate_that_is_let_be_does_not_fail_a_comparison(before: Findings) -> None:
    compared = describe_comparison(before, before)
    outcomes = []
    for until in (datetime.date(9999, 1, 1), datetime.date(2020, 1, 1)):
        one = Suppression("accuracy", None, None, until, "known")
        verdict = judge_comparison(
            compared, before, before, [Gate(ACCURACY, 1.0)], file="before", suppressions=[one]
        ).judgement
        assert isinstance(verdict, VerdictRecord)
        assert len(verdict.suppressions) == 1
        outcomes.append(verdict.outcome)
    assert outcomes == ["pass", "fail"]
