"""``robaudit compare``: what it writes and says, and what it refuses."""

import json
import shutil
from pathlib import Path

import pytest

import robaudit
from robaudit.cli import main
from tests.support.commands import DATA, compare
from tests.support.files import SMALL_SCAN
from tests.support.paths import DIGITS
from tests.support.schemas import validate

pytestmark = pytest.mark.usefixtures("_elsewhere")


def test_two_files_and_a_summary(audits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(audits) == 0
    folder = Path("robaudit-comparison")
    assert sorted(path.name for path in folder.iterdir()) == ["comparison.json", "report.html"]
    comparison = json.loads((folder / "comparison.json").read_text())
    validate(comparison)
    out = capsys.readouterr().out
    assert comparison["verdict"][0].split(":")[0] in " ".join(out.split())
    assert str(folder / "comparison.json") in out
    assert "moved.onnx" in (folder / "report.html").read_text()
    for when in ("before", "after"):
        assert comparison[when] == json.loads((audits / when / "audit.json").read_text())


def test_the_files_say_what_python_says(audits: Path) -> None:
    assert compare(audits, "-q") == 0
    found = robaudit.compare(*(robaudit.read_findings(audits / one) for one in ("before", "after")))
    written = json.loads(Path("robaudit-comparison/comparison.json").read_text())
    assert written["differences"] == found["differences"]


def test_quiet_is_quiet(audits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(audits, "-q", "-o", "out") == 0
    assert capsys.readouterr().out == ""
    assert Path("out/comparison.json").exists()


def test_nothing_is_overwritten_unless_it_is_asked_for(
    audits: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = Path("robaudit-comparison")
    out.mkdir()
    (out / "report.html").write_text("mine")
    assert compare(audits, "-q") == 2
    assert "is there already" in capsys.readouterr().err
    assert [path.name for path in out.iterdir()] == ["report.html"]
    assert (out / "report.html").read_text() == "mine"
    assert compare(audits, "-q", "--force") == 0
    assert (out / "report.html").read_text() != "mine"


def test_what_is_not_comparable_ends_with_2_and_its_reasons(
    audits: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [DIGITS, *DATA, *SMALL_SCAN, "--steps", "11", "--seed", "1", "-q", "-o", "other"]
    assert main(["scan", *arguments]) == 0
    assert main(["compare", str(audits / "before"), "other/audit.json"]) == 2
    err = capsys.readouterr().err
    for reason in ("not comparable", "another number of steps (10 before, 11 after)", "directions"):
        assert reason in err
    assert not Path("robaudit-comparison").exists()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "rays.npz").unlink(), "no rays.npz beside"),
        (lambda folder: (folder / "rays.npz").write_bytes(b"PK"), "rays.npz is not the file"),
        (lambda folder: (folder / "audit.json").unlink(), "no record at"),
        (lambda folder: (folder / "audit.json").write_text("{"), "is no JSON"),
        (
            lambda folder: _forget(folder / "audit.json", "gallery"),
            "missing required field `gallery`",
        ),
    ],
)
def test_files_that_cannot_be_read_end_with_2(
    audits: Path, capsys: pytest.CaptureFixture[str], damage: object, said: str
) -> None:
    shutil.copytree(audits / "before", "copy")
    assert callable(damage)
    damage(Path("copy"))
    assert main(["compare", "copy", str(audits / "after")]) == 2
    assert said in capsys.readouterr().err


def _forget(path: Path, key: str) -> None:
    record = json.loads(path.read_text())
    del record[key]
    path.write_text(json.dumps(record))


def test_a_format_without_comparisons_says_so(
    audits: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from robaudit.commands import report, results
    from robaudit.plugins import Report, report_named

    def named(name: str) -> Report:
        return replace(report_named(name), compare=None)

    monkeypatch.setattr(results, "report_named", named)
    monkeypatch.setattr(report, "report_named", named)
    assert compare(audits) == 0
    assert [path.name for path in Path("robaudit-comparison").iterdir()] == ["comparison.json"]
    out = capsys.readouterr().out
    assert "restricted mean margin" in out
    assert main(["report", "robaudit-comparison/comparison.json", "-f", "text"]) == 2
    assert "no form for comparisons" in capsys.readouterr().err
