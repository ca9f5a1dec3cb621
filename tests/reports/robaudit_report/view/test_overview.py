"""What stands at the head of a page."""

import copy
from typing import Any

import msgspec
import pytest

from robaudit.record.schema.audit import AuditRecord
from robaudit_report.view.overview import Fact, date, overview, parted
from tests.support.judged import gate, judged


def head(record: Any) -> Any:
    return overview(msgspec.convert(record, AuditRecord))


def test_without_gates_the_weakest_point_is_said_once(attacked: Any) -> None:
    found = judged(attacked)
    said = head(found)
    assert (said.outcome, said.label) == ("", "no gates")
    assert said.sentence.number == "12%"
    first, *others = found["verdict"]["facts"]
    assert [fact.start + fact.number + fact.end for fact in said.facts] == others
    assert first in said.sentence.start + said.sentence.number + said.sentence.end


def test_with_gates_all_three_facts_stand_beside_the_verdict(attacked: Any) -> None:
    said = head(judged(attacked, gate("failed")))
    assert (said.outcome, said.label) == ("fail", "fail")
    assert said.sentence.number == "61%"
    assert len(said.facts) == 3
    assert said.conditions[0].startswith("did not run")


def test_a_record_that_nobody_judged_is_summed_up(record: Any) -> None:
    said = head(record)
    assert (said.outcome, said.label, said.sentence, said.facts) == ("", "", Fact("", "", ""), [])
    assert said.more.startswith("It classifies")


def test_model_data_date_and_version_are_named(attacked: Any) -> None:
    said = dict(head(attacked).about)
    assert said["Model"] == f"onnx, 10 classes, SHA-256 {attacked['model']['sha256'][:12]}"
    assert said["Data"].endswith("test: 600 images, 30 searched, 100 attacked")
    assert said["Date"].endswith(" UTC")
    assert said["Version"] == f"robaudit {attacked['environment']['packages']['robaudit']}"


@pytest.mark.parametrize(
    ("created", "said"),
    [
        ("2026-11-29T03:07:36+00:00", "2026-11-29 03:07 UTC"),
        ("2026-11-29T03:07:36+02:00", "2026-11-29 01:07 UTC"),
        ("2026-11-29T03:07:36", "2026-11-29 03:07"),
        ("yesterday\x1b", "yesterday\ufffd"),
    ],
)
def test_dates_are_written_to_the_minute(record: Any, created: str, said: str) -> None:
    dated = copy.deepcopy(record)
    dated["environment"]["created"] = created
    assert date(msgspec.convert(dated, AuditRecord)) == said


def test_the_number_of_a_fact_is_the_share_or_what_something_is() -> None:
    assert parted("its mean margin is 0.578 (0.486 to 0.660)").number == "0.578"
    assert parted("PGD at 0.3 leaves 0% of 1,000 images").number == "0%"
    assert parted("nothing to count") == Fact("nothing to count", "", "")
