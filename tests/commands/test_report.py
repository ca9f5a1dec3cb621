"""``robaudit report``: reports written again, and what is no record."""

from pathlib import Path

import pytest

from robaudit.cli import main
from tests.support.commands import compare
from tests.support.files import Run

pytestmark = pytest.mark.usefixtures("_elsewhere")


def test_reports_are_written_again_from_the_record(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("-q", "--fail-under", "accuracy=0.5") == 0
    page = Path("robaudit-report/report.html")
    first = page.read_text()
    page.unlink()
    record = "robaudit-report/audit.json"
    assert main(["report", record]) == 0
    assert page.read_text() == first
    capsys.readouterr()
    assert main(["report", record, "-f", "json"]) == 0
    assert capsys.readouterr().out == Path(record).read_text()
    for name in ("text", "markdown"):
        assert main(["report", record, "-f", name]) == 0
        assert "Crossing rate" in capsys.readouterr().out
    for out in ("-", "/dev/stdout"):
        assert main(["report", record, "-f", "json", "-o", out]) == 0
        assert capsys.readouterr().out == Path(record).read_text()
    assert main(["report", "robaudit-report", "-f", "json"]) == 0
    assert capsys.readouterr().out == Path(record).read_text()
    assert main(["report", record, "-f", "markdown", "-o", "summary.md"]) == 0
    assert Path("summary.md").read_text().startswith("# Robustness audit: digits.onnx")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no JSON"),
        ("[]", "no audit record"),
        ("{}", "no audit record"),
        ("[" * 100_000, "no JSON"),
        ('{"schema_version": "2.0"}', "no audit record"),
        ('{"schema_version": NaN}', "NaN is no number"),
    ],
)
def test_what_is_no_record_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, words: str
) -> None:
    path = tmp_path / "audit.json"
    path.write_text(content)
    assert main(["report", str(path)]) == 2
    assert words in capsys.readouterr().err
    assert main(["report", str(tmp_path / "none.json")]) == 2
    assert main(["report", str(path), "-f", "poem"]) == 2
    assert (
        "one of annotations, html, json, junit, markdown, sarif, summary, text"
        in capsys.readouterr().err
    )
    assert [p.name for p in tmp_path.iterdir()] == ["audit.json"]


@pytest.mark.parametrize("form", ["html", "json", "text", "markdown"])
def test_a_comparison_can_be_reported_again(
    audits: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    assert compare(audits, "-q") == 0
    page = Path("robaudit-comparison/report.html")
    first = page.read_text()
    page.unlink()
    assert main(["report", "robaudit-comparison", "-f", form]) == 0
    if form == "html":
        assert page.read_text() == first
    else:
        assert "moved.onnx" in capsys.readouterr().out
