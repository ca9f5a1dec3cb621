"""A scan takes the place of an older one of the same model, and of nothing else unasked."""

import json
from pathlib import Path

import pytest

from robaudit.cli import main
from robaudit.record.read import read_findings
from tests.support.files import Run, read_record
from tests.support.paths import DIGITS, EXAMPLES

REPORT = Path("robaudit-report")
NOISE = ("--attack", "gaussian-noise:sigma=0.4")


def put(name: str, *, changed: bool = False) -> str:
    """Lay a copy of the demo model here, with a SHA-256 of its own if it is to be changed."""
    content = Path(DIGITS).read_bytes()
    # A field that ONNX knows, the producer, and that means nothing.
    Path(name).write_bytes(content + (b"\x12\x01x" if changed else b""))
    return name


@pytest.fixture
def run_here(run: Run) -> Run:
    def run_with_data(*arguments: object, model: object = DIGITS) -> int:
        return run("-q", "--data", EXAMPLES / "digits.npz", *arguments, model=model)

    return run_with_data


def test_the_audit_of_another_model_is_left_alone(
    run_here: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here(model=put("one.onnx")) == 0
    before = {path: path.read_bytes() for path in REPORT.iterdir()}
    old = read_record()["model"]["sha256"]
    assert run_here(model=put("other.onnx", changed=True)) == 2
    err = capsys.readouterr().err
    assert f"holds the audit of another file, one.onnx (SHA-256 {old[:12]}...)" in err
    assert "expected that of other.onnx (SHA-256 " in err
    assert "--force" in err
    assert {path: path.read_bytes() for path in REPORT.iterdir()} == before
    assert run_here("--force", model="other.onnx") == 0
    assert read_record()["model"]["name"] == "other.onnx"


def test_a_model_that_was_trained_again_or_renamed_is_the_same(run_here: Run) -> None:
    assert run_here(model=put("one.onnx")) == 0
    old = read_record()["model"]["sha256"]
    assert run_here(model=put("one.onnx", changed=True)) == 0
    assert read_record()["model"]["sha256"] != old
    assert run_here(model=put("renamed.onnx", changed=True)) == 0
    assert read_record()["model"]["name"] == "renamed.onnx"


def test_files_of_one_name_in_two_folders_are_two_models(
    run_here: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("a", "b"):
        Path(folder).mkdir()
    assert run_here(model=put("a/model.onnx")) == 0
    assert run_here(model=put("b/model.onnx", changed=True)) == 2
    err = capsys.readouterr().err
    assert "holds the audit of another file, a/model.onnx (SHA-256 " in err
    assert "expected that of b/model.onnx (SHA-256 " in err
    assert run_here(model=put("a/model.onnx", changed=True)) == 0
    report = REPORT.absolute()
    monkeypatch.chdir("b")  # the same file, but what is known of it is its content alone
    assert run_here("-o", report, model="../a/model.onnx") == 0


def test_an_audit_that_does_not_say_where_its_model_lay_goes_by_the_name(
    run_here: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here(model=put("one.onnx")) == 0
    record = json.loads((REPORT / "audit.json").read_text())
    del record["model"]["source"]
    (REPORT / "audit.json").write_text(json.dumps(record))
    assert run_here(model=put("two.onnx", changed=True)) == 2
    assert "a model of another name, one.onnx (SHA-256 " in capsys.readouterr().err
    assert run_here(model=put("one.onnx", changed=True)) == 0


def test_the_work_is_not_begun(run_here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_here(model=put("one.onnx")) == 0
    monkeypatch.setattr("robaudit.commands.scan.scan", lambda *_, **__: pytest.fail("too late"))
    assert run_here(model=put("other.onnx", changed=True)) == 2


@pytest.mark.parametrize("content", ["[]", "{", '{"model": 3}', '{"model": {"name": null}}'])
def test_what_is_no_record_is_not_ours_to_replace(
    run_here: Run, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    REPORT.mkdir()
    (REPORT / "audit.json").write_text(content)
    assert run_here() == 2
    assert "an audit.json that is no record of an audit" in capsys.readouterr().err
    assert (REPORT / "audit.json").read_text() == content
    assert run_here("--force") == 0


def test_a_comparison_is_left_alone(run_here: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_here("-o", "before") == 0
    assert run_here("-o", "after") == 0
    assert main(["compare", "before", "after", "-o", "both"]) == 0
    assert run_here("-o", "both") == 2
    assert "both holds a comparison" in capsys.readouterr().err
    assert run_here("-o", "both", "--force") == 0
    assert sorted(path.name for path in Path("both").iterdir()) == [
        "audit.json",
        "rays.npz",
        "report.html",
    ]


def test_no_file_of_an_older_audit_stays_beside_a_new_record(run_here: Run) -> None:
    assert run_here(*NOISE) == 0
    assert (REPORT / "attacks.npz").exists()
    (REPORT / "notes.txt").write_text("mine")
    assert run_here() == 0
    assert sorted(path.name for path in REPORT.iterdir()) == [
        "audit.json",
        "notes.txt",
        "rays.npz",
        "report.html",
    ]
    assert read_findings(REPORT).attacks == ()
    assert set(read_record()["files"]) == {"rays.npz"}


def test_what_is_older_is_there_until_the_new_record_is(
    run_here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails when names are exchanged loses none of the older set."""
    assert run_here(*NOISE) == 0

    def fail(_self: Path, _target: Path) -> Path:
        raise OSError("no")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", fail)
        assert run_here() == 2
    (attacked,) = read_findings(REPORT).attacks
    assert attacked is not None
