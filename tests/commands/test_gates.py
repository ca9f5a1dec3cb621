"""Gates that cannot be evaluated."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from robaudit.commands.gates import METRICS, parse_gate
from robaudit.errors import ClassifierError
from tests.support.files import Run, read_record
from tests.support.paths import DIGITS


@pytest.mark.parametrize("gate", ["accuracy=0.5", "crossing-rate=1", "restricted-mean-margin=0"])
def test_a_gate_needs_data(
    gate: str, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(DIGITS, tmp_path / "alone.onnx")
    assert run("--fail-under", gate, model="alone.onnx") == 2
    assert f"a gate on {gate.partition('=')[0]} without data" in capsys.readouterr().err
    assert not Path("robaudit-report").exists()


def test_a_gate_on_accuracy_needs_labels(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    np.save("unlabelled.npy", np.zeros((20, 8, 8), dtype=np.uint8))
    assert run("--data", "unlabelled.npy", "--fail-under", "accuracy=0.5") == 2
    assert "without labels" in capsys.readouterr().err


def test_names_are_of_all_samples_or_of_those_right_at_the_start() -> None:
    for name, figure in METRICS.items():
        assert parse_gate(f"{name}=0.5").figure is figure
    assert {name for name in METRICS if name.endswith("-right-at-start")} == {
        "restricted-mean-margin-right-at-start",
        "crossing-rate-right-at-start",
        "worst-class-margin-right-at-start",
    }


def test_a_gate_on_robust_accuracy_needs_an_adversary_before_the_work(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    for asked in ((), ("--attack", "gaussian-noise:sigma=0.1")):
        assert run("--fail-under", "robust-accuracy=0.5", *asked) == 2
        assert "without attacks that look for the worst" in capsys.readouterr().err
        assert not Path("robaudit-report").exists()


def test_what_was_found_is_kept_where_a_gate_turns_out_to_have_no_figure(
    run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the only adversary fails on the way: the rays are not lost with it."""

    def fail(*_: object, **__: object) -> None:
        raise ClassifierError("the model failed")

    monkeypatch.setattr("robaudit.attacks.run.run_attack", fail)
    gated = ("--fail-under", "robust-accuracy=0.5", "--attack", "fgsm:epsilon=0.1")
    assert run(*gated, "--allow-skipped") == 2
    assert "no adversary ran" in capsys.readouterr().err
    assert Path("robaudit-report/rays.npz").is_file()
    assert "verdict" not in read_record()
