"""Gates that cannot be evaluated."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from robaudit.commands.gates import parse_gate
from robaudit.errors import ClassifierError, UsageError
from robaudit.metrics.gates import METRICS
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


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (
            'metric = "robust-accuracy"\nmin = 0.1\nattack = "pgd"',
            "a gate on attack 'pgd', which is",
        ),
        ('metric = "robust-accuracy"\nmin = 0.1', "no adversary is to run (robaudit.toml, line 2)"),
        ('metric = "accuracy"\nmin = 0.1\nclass = "cat"', "class 'cat', which the model does not"),
        ('metric = "accuracy"\nmin = 0.1\nclass = 10', "class '10', which the model does not have"),
        ('metric = "accuracy"\nmax-drop = 0', "without a baseline to drop from (robaudit.toml, l"),
    ],
)
def test_a_gate_on_what_is_not_measured_is_refused_before_the_work(
    table: str,
    words: str,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def work(*_: object, **__: object) -> None:
        raise AssertionError("no work was to be done")

    monkeypatch.setattr("robaudit.commands.scan.scan", work)
    Path("robaudit.toml").write_text(f"\n[[gate]]\n{table}\n")
    assert run("--attack", "blur") == 2
    assert words in capsys.readouterr().err
    assert not Path("robaudit-report").exists()


def test_a_preset_asks_for_a_baseline(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    Path("robaudit.toml").write_text('preset = "recommended"\nattacks = "quick"\n')
    assert run() == 2
    assert "gate accuracy/max-drop without a baseline" in capsys.readouterr().err


def test_an_attack_that_only_might_have_run_is_refused_after_it(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """Square stands in for attacks that need gradients, where there are none."""
    pytest.importorskip("onnx2fx", reason="gradients of ONNX models need onnx2fx and torch")
    arguments = ("--attacks", "quick", "--attack-samples", "4")
    assert run("--fail-under", "robust-accuracy:square=0", *arguments) == 2
    assert "a gate on attack 'square', which did not run" in capsys.readouterr().err
    assert "verdict" not in read_record()


def test_robust_accuracy_is_that_of_an_attack_or_of_the_strongest(run: Run) -> None:
    attack = ("--attack", "square:queries=500", "--attack", "blur", "--attack-samples", "6")
    gates = ("robust-accuracy=0", "robust-accuracy:square=0", "robust-accuracy:blur=1")
    assert run(*attack, *(f"--fail-under={gate}" for gate in gates)) in (0, 1, 4)
    strongest, square, blur = read_record()["gates"]
    assert strongest["value"] == square["value"]
    assert [gate["attack"] for gate in (strongest, square, blur)] == [None, "square", "blur"]
    assert square["name"] == "robust-accuracy/square/min"


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        ("robust-accuracy:pgdd=0.1", "Did you mean pgd?"),
        ("accuracy:pgd=0.1", "expected robust-accuracy:ATTACK=VALUE"),
        ("robust-accuracy:=0.1", "expected robust-accuracy:ATTACK=VALUE"),
        ("autoattack:pgd=0.1", "expected robust-accuracy:ATTACK=VALUE"),
        ("autoatack=0.1", "Did you mean autoattack?"),
        ("acuracy=0.1", "Did you mean accuracy?"),
        ("gini=2", "a share from 0 to 1"),
    ],
)
def test_gates_that_cannot_be_read(gate: str, words: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_gate(gate)
    assert words in str(raised.value)


def test_names_are_of_all_samples_or_of_those_right_at_the_start() -> None:
    for name, figure in METRICS.items():
        assert parse_gate(f"{name}=0.5").figure is figure
    assert {name for name in METRICS if name.endswith("-right-at-start")} == {
        "restricted-mean-margin-right-at-start",
        "crossing-rate-right-at-start",
        "worst-class-margin-right-at-start",
        "gini-right-at-start",
    }


def test_the_cascade_has_a_name_of_its_own(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert parse_gate("autoattack=0.3") == parse_gate("robust-accuracy:autoattack=0.3")
    assert parse_gate("autoattack=0.3").name == "robust-accuracy/autoattack/min"
    assert run("--fail-under", "autoattack=0.3", "--attacks", "quick") == 2
    assert "a gate on attack 'autoattack', which is not to run" in capsys.readouterr().err
    assert not Path("robaudit-report").exists()


def test_a_gate_on_robust_accuracy_needs_an_adversary_before_the_work(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    for gate, asked in (
        ("robust-accuracy=0.5", ()),
        ("robust-accuracy=0.5", ("--attack", "gaussian-noise:sigma=0.1")),
        ("closest-boundary=0.01", ("--attack", "gaussian-noise:sigma=0.1")),
    ):
        assert run("--fail-under", gate, *asked) == 2
        assert "no adversary is to run" in capsys.readouterr().err
        assert not Path("robaudit-report").exists()


def test_what_was_found_is_kept_where_a_gate_turns_out_to_have_no_figure(
    run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the only adversary fails on the way: the rays are not lost with it."""

    def fail(*_: object, **__: object) -> None:
        raise ClassifierError("the model failed")

    monkeypatch.setattr("robaudit.attacks.run.run_attack", fail)
    gated = ("--fail-under", "robust-accuracy=0.5", "--attack", "fgsm:epsilon=0.1")
    Path("old.sarif").write_text("what an earlier run left")
    assert run(*gated, "--allow-skipped", "--sarif", "old.sarif", "--csv", "all.csv") == 2
    assert "no adversary ran" in capsys.readouterr().err
    assert Path("robaudit-report/rays.npz").is_file()
    assert "verdict" not in read_record()
    assert not Path("old.sarif").exists()  # it would pass for what this run says
    assert Path("all.csv").is_file()
