"""A hardening that is asked to stop tells what there is: its original, and the epochs so far."""

from pathlib import Path
from typing import Any

import pytest

from robaudit import batches
from robaudit.cli import main
from robaudit.hardening import resuming
from robaudit.storage import blocks
from tests.support.commands import DATA, QUICK, read_comparison, stop_hardening_after
from tests.support.files import read_record
from tests.support.schemas import validate

PARTIAL = Path("out/partial")


def harden(*more: str) -> int:
    """Harden an affine model, which needs no framework."""
    model = "tests.crash.model:trainable()"
    asked = (
        *QUICK,
        *DATA,
        "--force",
        "--epochs",
        "3",
        "--learning-rate",
        "2",
        "--method",
        "feedback",
        "-o",
        "out",
        *more,
    )
    return main(["harden", model, *asked])


def epochs_of(record: Any) -> list[Any]:
    runs = record["partial"].get("training", [])
    return [epoch for run in runs for part in run["rounds"] for epoch in part["epochs"]]


def test_what_was_trained_until_it_was_stopped_is_told_and_passes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(batches, "_LARGEST_BLOCK", 400)
    monkeypatch.setattr(blocks, "SECONDS", 0)
    monkeypatch.setattr(resuming, "SECONDS", 0)
    monkeypatch.setattr("os.fsync", lambda _number: None)
    gate = ("--fail-under", "accuracy=0.01", "--junit", "junit.xml")
    stages, epochs = [], list[Any]()
    for _ in range(60):
        stop_hardening_after(monkeypatch, 6)
        code = harden(*gate)
        if not code:
            break
        assert code == 130
        assert not Path("out/comparison.json").exists()
        assert not Path("junit.xml").exists()
        if not PARTIAL.exists():
            continue
        record = read_record(PARTIAL)
        validate(record)
        stages.append(record["partial"]["stage"])
        assert len(epochs_of(record)) >= len(epochs)
        epochs = epochs_of(record) or epochs
        if epochs:
            told = capsys.readouterr().out
            page = (PARTIAL / "report.html").read_text()
            assert "PARTIAL: the hardening was interrupted" in " ".join(told.split())
            assert "Training so far" in page
            assert page.count("<polyline") > 1
            assert record["gates"] == []
            assert record.get("verdict") is None
            before = record["clean"]["accuracy"]
            assert main(["baseline", "write", str(PARTIAL)]) == 2
            assert main(["report", str(PARTIAL), "-f", "summary"]) == 0
            assert "PARTIAL: a hardening" in capsys.readouterr().out
    assert "training" in stages
    assert epochs
    assert not PARTIAL.exists(), "now that there are whole results"
    comparison = read_comparison()
    assert comparison["before"]["clean"]["accuracy"] == before
    (run,) = comparison["hardening"]["runs"]
    assert run["rounds"][0]["epochs"][: len(epochs)] == epochs
