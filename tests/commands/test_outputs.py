"""Results in other formats: several in one run, whole or not at all, and what GitHub is told."""

import csv
import errno
import json
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from robaudit.cli import main
from robaudit.commands import outputs
from tests.support.commands import compare, read_comparison
from tests.support.files import SMALL_SCAN, Run, read_record
from tests.support.paths import DIGITS, EXAMPLES

pytestmark = pytest.mark.usefixtures("_elsewhere")

FAILS = ("--fail-under", "accuracy=0.9999", "--fail-under", "crossing-rate=0.0001")


@pytest.fixture(autouse=True)
def _no_host(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


def log_results(path: str) -> list[str]:
    log = json.loads(Path(path).read_text())
    return [result["ruleId"] for result in log["runs"][0]["results"]]


def test_several_formats_are_written_in_one_run(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    formats = ("--sarif", "ci/a.sarif", "--junit", "ci/a.xml", "--markdown", "a.md")
    assert run(*FAILS, *formats, "--csv", "a.csv") == 1
    record = read_record()
    assert "crossing-rate/max" in log_results("ci/a.sarif")
    suite = ElementTree.parse("ci/a.xml").getroot()[0]
    assert len(suite.findall("testcase")) == 2
    assert Path("a.md").read_text().startswith("## robaudit: digits.onnx\n\n**FAIL:** ")
    rows = list(csv.DictReader(Path("a.csv").read_text().splitlines()))
    assert len(rows) == record["plan"]["samples"] == 20
    assert {row["prediction"] for row in rows} <= set(map(str, range(10)))
    out = capsys.readouterr().out
    assert all(f"\n{name}\n" in out for name in ("ci/a.sarif", "ci/a.xml", "a.md", "a.csv"))


def test_parquet_is_written(run: Run) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow")
    assert run("-q", "--parquet", "a.parquet", "--csv", "a.csv") == 0
    table = parquet.read_table("a.parquet").to_pydict()
    rows = list(csv.DictReader(Path("a.csv").read_text().splitlines()))
    assert list(table) == list(rows[0])
    assert [str(value) for value in table["margin"]] == [row["margin"] for row in rows]


def test_the_model_is_named_by_its_path_from_here(run: Run) -> None:
    Path("models").mkdir()
    shutil.copy(DIGITS, "models/m.onnx")
    data = ("--data", EXAMPLES / "digits.npz")
    for model in ("models/m.onnx", Path("models/../models/m.onnx").absolute()):
        assert run("-q", *FAILS, *data, "--sarif", "a.sarif", model=model) == 1
        assert read_record()["model"]["source"] == "models/m.onnx"
        (run_of,) = json.loads(Path("a.sarif").read_text())["runs"]
        place = run_of["results"][0]["locations"][0]["physicalLocation"]
        assert place["artifactLocation"] == {"uri": "models/m.onnx", "uriBaseId": "SRCROOT"}
    assert run("-q") == 0
    assert read_record()["model"]["source"] is None


def test_a_format_can_be_drawn_again_from_the_record(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"sarif": "a.sarif", "junit": "a.xml", "summary": "a.md"}
    assert run("-q", *FAILS, "--sarif", "a.sarif", "--junit", "a.xml", "--markdown", "a.md") == 1
    capsys.readouterr()
    for name, file in files.items():
        assert main(["report", "robaudit-report", "-f", name]) == 0
        assert capsys.readouterr().out == Path(file).read_text()


def test_settings_can_ask_for_them(run: Run) -> None:
    Path("robaudit.toml").write_text('junit = "from-settings.xml"\n')
    assert run("-q") == 0
    assert Path("from-settings.xml").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--sarif", "-"], "expected a file to write to"),
        (["--sarif", "a", "--junit", "./a"], "--junit a is that of --sarif as well"),
        (["--markdown", "robaudit-report/report.html"], "is report.html of the results"),
        (["--csv", "folder"], "is a folder"),
        (["--junit", "digits.npz"], "is what is read"),
        (["--sarif", "digits.onnx"], "is what is read"),
        (["--sarif", "file/a.sarif"], "is not a folder"),
        (["--sarif", "/dev/null"], "a device or a pipe"),
        (["--sarif="], "an empty path"),
    ],
)
def test_what_cannot_be_written_is_found_out_before_the_work(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    for name in ("digits.onnx", "digits.npz"):
        shutil.copy(EXAMPLES / name, name)
    Path("folder").mkdir()
    Path("file").write_text("mine")
    scan = ["scan", "digits.onnx", "--data", "digits.npz", *SMALL_SCAN, "-q"]
    assert main([*scan, *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not Path("robaudit-report").exists()
    assert Path("digits.npz").read_bytes() == (EXAMPLES / "digits.npz").read_bytes()


def test_parquet_without_pyarrow_is_refused_before_the_work(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("robaudit.requirements.version", lambda _name: "1.0")
    assert run("-q", "--parquet", "a.parquet") == 2
    assert "robaudit[parquet]" in capsys.readouterr().err
    assert list(Path().iterdir()) == []


def test_a_file_that_was_there_stays_where_the_new_one_cannot_be_whole(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a.csv").write_text("mine")

    def fill_the_disk(_columns: Any, file: Any) -> None:
        file.write(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setitem(outputs._TABLES, "csv", fill_the_disk)
    assert run("-q", "--csv", "a.csv") == 2
    assert Path("a.csv").read_text() == "mine"
    assert sorted(path.name for path in Path().iterdir()) == ["a.csv", "robaudit-report"]


def test_comparisons_are_written_too(audits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    formats = ("--sarif", "a.sarif", "--junit", "a.xml", "--markdown", "a.md")
    assert compare(audits, *formats) == 0
    assert log_results("a.sarif") == []
    assert ElementTree.parse("a.xml").getroot()[0].get("name") == "moved.onnx"
    summary = Path("a.md").read_text()
    assert "moved.onnx" in summary
    assert "\na.md\n" in capsys.readouterr().out
    assert compare(audits, "--force", "--csv", "a.csv") == 2
    assert compare(audits, "--force", "--markdown", "robaudit-comparison/comparison.json") == 2


def test_hardening_writes_them_too(harden: Any) -> None:
    assert harden("--keep", "last", "--epochs", "1", "--markdown", "a.md") == 0
    assert read_comparison()["after"]["model"]["name"] in Path("a.md").read_text()


def test_github_gets_a_summary_and_annotations(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("summary.md").write_text("of another step\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert run("-q", *FAILS, "--markdown", "a.md") == 1
    told = Path("summary.md").read_text()
    assert told == f"of another step\n{Path('a.md').read_text()}\n"
    assert "\n::error " in f"\n{capsys.readouterr().err}"


def test_elsewhere_nobody_is_told(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*FAILS) == 1
    captured = capsys.readouterr()
    assert "::error" not in captured.out + captured.err


def test_a_summary_that_cannot_be_written_fails_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "no/such/folder.md")
    assert run("-q") == 0
    assert "no summary of the step" in capsys.readouterr().err
