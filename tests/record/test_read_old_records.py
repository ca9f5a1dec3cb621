"""Records that earlier versions wrote are read, checked and drawn."""

import json
from pathlib import Path
from typing import Any

import pytest

import robaudit
from robaudit import TextLayout
from robaudit.errors import RecordError
from robaudit.plugins import report_named
from robaudit.record import check_record
from robaudit.record.plain import as_plain
from robaudit.record.schema.audit import AuditRecord
from tests.support.schemas import validate

OLD = Path(__file__).parent / "old"
VERSIONS = ["1.0", "1.1", "1.2"]


@pytest.fixture(params=VERSIONS)
def record(request: pytest.FixtureRequest) -> Any:
    """A record that the version of that name wrote."""
    return json.loads((OLD / request.param / "audit.json").read_text())


def test_they_obey_the_schema_and_nothing_of_them_is_lost(record: Any) -> None:
    validate(record)
    typed = check_record(record)
    assert isinstance(typed, AuditRecord)
    assert as_plain(typed) == record


@pytest.mark.parametrize("name", ["html", "text", "markdown", "json"])
def test_every_report_is_drawn_of_them(record: Any, name: str) -> None:
    report = report_named(name).render(record, TextLayout())
    accuracy = record["clean"]["accuracy"]["value"]
    assert (f"{100 * accuracy:.1f}%" if name != "json" else f'"value": {accuracy}') in report


def test_what_lies_beside_them_is_read_where_it_holds_enough() -> None:
    for version in ("1.1", "1.2"):
        findings = robaudit.read_findings(OLD / version)
        assert findings.record["schema_version"] == version
        assert len(findings.rays) == findings.record["search"]["rays"]
        assert findings.attacks[0] is not None
    with pytest.raises(RecordError, match="lacks the class of each image"):
        robaudit.read_findings(OLD / "1.0")


def test_an_old_audit_is_compared_with_a_newer_one_of_the_same_plan() -> None:
    comparison = robaudit.compare(*map(robaudit.read_findings, (OLD / "1.1", OLD / "1.2")))
    validate(comparison)
    assert comparison["before"]["schema_version"] == "1.1"
    assert "Both audits are of the same model." in comparison["warnings"]
    assert all(row["difference"] in (0, None) for row in comparison["differences"])
