"""Findings of an audit in memory."""

import msgspec
import pytest

from robaudit.audit import Audit
from robaudit.comparison import compare
from robaudit.record import make_record
from robaudit.record.audit_record import describe_audit
from robaudit.record.findings import Findings, findings_of
from tests.support.comparisons import NOISE, X, audit, findings, model, with_record


@pytest.fixture(scope="module")
def found() -> Audit:
    """An audit with attacks."""
    return audit(model(), attacks=NOISE)


def test_records_may_disagree_with_nothing_but_their_own_files(found: Audit) -> None:
    """What is in memory is trusted: a record with another warning, say, is taken as it is."""
    record = msgspec.structs.replace(describe_audit(found), warnings=["another"])
    assert findings_of(found, record).record == {**make_record(found), "warnings": ["another"]}
    told: Findings = with_record(findings(model()), "data", source="elsewhere")
    assert compare(told, told)["before"]["data"]["source"] == "elsewhere"
    assert len(told.predicted) == len(X)
