"""The verdict on a comparison."""

import pytest

from robaudit.comparison.comparison import describe_comparison
from robaudit.metrics.figures import ACCURACY
from robaudit.metrics.gates import Gate
from robaudit.record.findings import Findings
from robaudit.record.schema.verdict import VerdictRecord
from robaudit.verdict.compared import NOTHING_WORSE, judge_comparison
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
