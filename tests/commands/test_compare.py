"""``robaudit compare``: what it writes and says, and what it refuses."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import robaudit
from robaudit.cli import main
from tests.support.files import SMALL_SCAN
from tests.support.paths import DIGITS, EXAMPLES
from tests.support.schemas import validate

DATA = ["--data", str(EXAMPLES / "digits.npz")]


@pytest.fixture(scope="module")
def audits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scan the demo model, and a copy whose weights are moved a little."""
    folder = tmp_path_factory.mktemp("audits")
    model = onnx.load(DIGITS)
    random = np.random.default_rng(0)
    for weights in model.graph.initializer:
        array = numpy_helper.to_array(weights)
        if array.ndim > 1 and array.dtype == np.float32:
            moved = array + random.normal(0, 0.15 * array.std(), array.shape)
            weights.CopyFrom(numpy_helper.from_array(moved.astype(np.float32), weights.name))
    onnx.save(model, folder / "moved.onnx")
    # So little noise breaks nothing, which must not break the scan either.
    attacks = ["--attack", "gaussian-noise:sigma=0.0001", "--attack", "gaussian-noise:sigma=0.4"]
    for name, source in (("before", DIGITS), ("after", folder / "moved.onnx")):
        arguments = [str(source), *DATA, *SMALL_SCAN, *attacks, "-q", "-o", str(folder / name)]
        assert main(["scan", *arguments]) == 0
    return folder


def run(audits: Path, *arguments: str) -> int:
    return main(["compare", str(audits / "before"), str(audits / "after"), *arguments])


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")


def test_two_files_and_a_summary(audits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(audits) == 0
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
    assert run(audits, "-q") == 0
    found = robaudit.compare(*(robaudit.read_findings(audits / one) for one in ("before", "after")))
    written = json.loads(Path("robaudit-comparison/comparison.json").read_text())
    assert written["differences"] == found["differences"]


def test_quiet_is_quiet(audits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(audits, "-q", "-o", "out") == 0
    assert capsys.readouterr().out == ""
    assert Path("out/comparison.json").exists()


def test_nothing_is_overwritten_unless_it_is_asked_for(
    audits: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = Path("robaudit-comparison")
    out.mkdir()
    (out / "report.html").write_text("mine")
    assert run(audits, "-q") == 2
    assert "is there already" in capsys.readouterr().err
    assert [path.name for path in out.iterdir()] == ["report.html"]
    assert (out / "report.html").read_text() == "mine"
    assert run(audits, "-q", "--force") == 0
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
        (lambda folder: (folder / "rays.npz").write_bytes(b"PK"), "rays.npz cannot be read"),
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


@pytest.mark.parametrize("form", ["html", "json", "text", "markdown"])
def test_a_comparison_can_be_reported_again(
    audits: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    assert run(audits, "-q") == 0
    page = Path("robaudit-comparison/report.html")
    first = page.read_text()
    page.unlink()
    assert main(["report", "robaudit-comparison/comparison.json", "-f", form]) == 0
    if form == "html":
        assert page.read_text() == first
    else:
        assert "moved.onnx" in capsys.readouterr().out


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
    assert run(audits) == 0
    assert [path.name for path in Path("robaudit-comparison").iterdir()] == ["comparison.json"]
    out = capsys.readouterr().out
    assert "restricted mean margin" in out
    assert main(["report", "robaudit-comparison/comparison.json", "-f", "text"]) == 2
    assert "no form for comparisons" in capsys.readouterr().err
