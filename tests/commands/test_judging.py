"""Gates of a file and what lets them be, folded into the verdict and told of in reports."""

import datetime
import json
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import pytest

from robaudit import Images, scan
from robaudit.cli import main
from robaudit.commands.gates import parse_gate
from robaudit.commands.judging import judge
from robaudit.metrics.gates import Gate
from robaudit.record.findings import Findings, findings_of
from robaudit.record.schema.numbers import given
from robaudit.record.schema.verdict import VerdictRecord
from robaudit.search.plan import SearchPlan
from robaudit.verdict.suppression_file import Suppression
from tests.support.files import Run, read_record
from tests.support.paths import DIGITS
from tests.support.report_words import words

LAST = datetime.date(2027, 1, 31)
FAILING = """\
[[gate]]
metric = "accuracy"
min = 0.999

[[suppress]]
gate = "accuracy/min"
until = {until}
reason = "known: issue 12"
"""


@pytest.fixture(scope="module")
def findings(digits: Images) -> Findings:
    return findings_of(scan(DIGITS, digits, plan=SearchPlan(20, 6, steps=10, step=0.05)))


def options_with(gates: Sequence[Gate], suppressions: Sequence[Suppression]) -> Namespace:
    return Namespace(model=str(DIGITS), command_line=None, gates=gates, suppressions=suppressions)


def judged(
    findings: Findings, suppressions: Sequence[Suppression], today: datetime.date
) -> VerdictRecord:
    options = Namespace(
        model=str(DIGITS),
        command_line=None,
        gates=[parse_gate("accuracy=0.999")],
        suppressions=suppressions,
    )
    verdict = given(judge(options, findings, today=today).verdict, None)
    assert verdict is not None
    return verdict


def test_what_is_let_be_is_no_failure_until_the_day_after_its_last(findings: Findings) -> None:
    one = Suppression("accuracy", None, None, LAST, "known")
    assert judged(findings, [], LAST).outcome == "fail"
    passed = judged(findings, [one], LAST)
    assert (passed.outcome, passed.sentence) == ("pass", "The gate passed, 1 of them let be.")
    assert [reason.severity for reason in passed.reasons] == ["note"]
    failed = judged(findings, [one], LAST + datetime.timedelta(days=1))
    assert failed.outcome == "fail"
    assert {reason.severity for reason in failed.reasons} == {"fail"}
    said = [reason.sentence for reason in failed.reasons]
    assert "What lets gate accuracy be ran out on 2027-01-31 (known)" in said
    assert any("98.7% of 600 images are classified right" in sentence for sentence in said)


def test_one_that_has_run_out_fails_even_where_nothing_else_does(findings: Findings) -> None:
    one = Suppression("accuracy", "3", None, LAST, "known")
    options = options_with([parse_gate("accuracy=0.5")], [one])
    for today, outcome in ((LAST, "pass"), (LAST + datetime.timedelta(days=1), "fail")):
        verdict = given(judge(options, findings, today=today).verdict, None)
        assert verdict is not None
        assert verdict.outcome == outcome


def test_without_gates_there_is_no_verdict_to_let_be(findings: Findings) -> None:
    options = Namespace(
        model=str(DIGITS),
        command_line=None,
        gates=[],
        suppressions=[Suppression("gini", None, None, LAST, "known")],
    )
    verdict = given(judge(options, findings, today=LAST).verdict, None)
    assert verdict is not None
    assert verdict.outcome is None
    assert verdict.sentence.startswith("Weakest point: ")


def test_every_report_lists_what_is_let_be(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    Path("robaudit.toml").write_text(FAILING.format(until="9999-12-31"))
    assert run() == 0
    said = " ".join(capsys.readouterr().out.split())
    lets = "lets gate accuracy/min be until 9999-12-31: known: issue 12"
    assert f"suppression used: {lets}" in said
    assert "wanted at least 99.9%; let be until 9999-12-31" in said
    page = words(Path("robaudit-report/report.html").read_text())
    assert "accuracy/min any any 9999-12-31 in use known: issue 12" in page
    assert main(["report", "robaudit-report", "-f", "markdown"]) == 0
    assert f"**Suppression used:** {lets}" in capsys.readouterr().out
    record = read_record()
    assert record["gates"][0]["suppressed"]["reason"] == "known: issue 12"
    assert record["verdict"]["suppressions"][0]["source"] == {"file": "robaudit.toml", "line": 5}


def test_every_form_begins_with_the_verdict(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--fail-under", "accuracy=0.5") == 0
    assert capsys.readouterr().out.splitlines()[2].startswith("PASS: The gate passed")
    assert list(read_record())[:2] == ["schema_version", "verdict"]
    page = words(Path("robaudit-report/report.html").read_text())
    assert page.index("The gate passed") < page.index("SHA-256")
    assert main(["report", "robaudit-report", "-f", "markdown"]) == 0
    assert "The gate passed" in capsys.readouterr().out.splitlines()[2]


def test_one_that_has_run_out_is_said_by_a_quiet_scan_too(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("robaudit.toml").write_text(FAILING.format(until="2020-01-31"))
    assert run("-q") == 1
    said = capsys.readouterr().err
    assert "fail: What lets gate accuracy/min be ran out on 2020-01-31 (known: issue 12, " in said
    assert "robaudit.toml, line 5)" in said
    assert "fail: 98.7% of 600 images are classified right" in said


def test_gates_of_the_file_and_those_typed_hold_together(run: Run) -> None:
    Path("robaudit.toml").write_text('[[gate]]\nmetric = "accuracy"\nclass = "each"\nmin = 0.5\n')
    assert run("--fail-under", "accuracy=0.5") == 0
    gates = read_record()["gates"]
    assert len(gates) == 11
    assert {(gate["source"] or {}).get("line") for gate in gates} == {1, None}
    Path("robaudit.toml").write_text(
        '[[gate]]\nmetric = "accuracy"\nmin = 0.999\nlevel = "warning"\n'
    )
    assert run("-q") == 0


def test_what_is_inconclusive_comes_to_what_the_gate_says(run: Run) -> None:
    for said, code in (("", 4), ("fail", 1), ("warn", 0), ("pass", 0)):
        also = f'on-inconclusive = "{said}"\n' if said else ""
        Path("robaudit.toml").write_text(f'[[gate]]\nmetric = "accuracy"\nmin = 0.985\n{also}')
        assert run("-q") == code


def test_the_record_and_its_page_have_the_command_that_repeats_the_audit(
    run: Run, tmp_path: Path
) -> None:
    assert run("-o", "with space", "-q") == 0
    folder = tmp_path / "with space"
    command = json.loads((folder / "audit.json").read_text())["environment"]["command"]
    assert command.startswith(f"robaudit scan {DIGITS} ")
    assert command.endswith(" -o 'with space' -q")
    assert "-o &#39;with space&#39; -q</code>" in (folder / "report.html").read_text()
