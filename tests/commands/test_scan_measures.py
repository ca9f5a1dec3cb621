"""``robaudit scan --measure``: in the record, gated, and exit 2 where it could not be done."""

from pathlib import Path

import numpy as np
import pytest

from robaudit.errors import MissingDependencyError
from tests.support.files import Run, read_record
from tests.support.schemas import validate


@pytest.fixture(autouse=True)
def gradients() -> None:
    pytest.importorskip("onnx2fx", reason="gradients of ONNX models need onnx2fx and torch")


def test_directions_are_counted_where_they_are_asked_for(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--measure", "directions", "--attack-samples", "10") == 0
    record = read_record()
    validate(record)
    assert record["attacks"] == []
    assert record["attack_plan"]["samples"] == 10
    assert record["measures"]["asked"] == ["directions"]
    assert "Orthogonal adversarial directions within 1.5" in capsys.readouterr().out
    assert "Measured beside attacks" in Path("robaudit-report/report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--measure", "direction"), "Did you mean directions?"),
        (("--measure", "detection"), "detection, and no adversary whose examples"),
        (("--fail-under", "detection=0.9"), "a gate on detection, which is not to be measured"),
        (
            ("--fail-under", "mean-corruption-error=0.2", "--measure", "directions"),
            "a gate on mean-corruption-error, which is not to be measured; expected --measure corr",
        ),
    ],
)
def test_what_cannot_be_measured_is_refused_before_the_work(
    arguments: tuple[str, ...], words: str, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    assert words in " ".join(capsys.readouterr().err.split())
    assert not Path("robaudit-report").exists()


def test_what_could_not_be_measured_is_exit_2_with_the_rest_written(
    run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MissingDependencyError("it went away", expected="it")

    monkeypatch.setattr("robaudit.attacks.measuring.adversarial_directions", fail)
    asked = ("--measure", "directions", "--attack-samples", "5")
    assert run(*asked) == 2
    assert "not measured: directions (it went away" in capsys.readouterr().err
    assert read_record()["measures"]["directions"] is None
    assert "verdict" not in read_record()
    assert run(*asked, "--allow-skipped") == 0


def test_a_baseline_is_measured_again_as_it_was(run: Run) -> None:
    asked = ("--measure", "directions", "--attack", "fgsm:epsilon=0.1", "--attack-samples", "12")
    assert run(*asked, "-o", "before") == 0
    gates = ("--fail-under", "closest-boundary=0.001")
    assert run("--baseline", "before", *gates, "--attack-samples", "12") == 0
    record = read_record()
    assert record["measures"]["asked"] == ["directions"]
    closest, *_ = record["gates"]
    assert closest["state"] == "new"
    assert closest["before"] == pytest.approx(closest["value"])
    with np.load("robaudit-report/attacks.npz") as found:
        assert found["closest-boundary"].shape == (12,)
