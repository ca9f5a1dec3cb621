"""Attacks of ``robaudit scan``: one flag, and rows in the record."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit import Classifier
from robaudit.attacks import assessment as assessing
from robaudit.attacks import run as running
from robaudit.attacks.catalogue import Attack
from robaudit.attacks.generators import Generate, generator_for
from robaudit.commands import from_options
from robaudit.preprocessing import prepare
from tests.support.files import Run, read_record
from tests.support.paths import DIGITS
from tests.support.schemas import validate


def test_a_suite_fills_the_record_and_a_file_of_its_own(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--attacks", "quick", "--attack-samples", "12") == 0
    record = read_record()
    validate(record)
    assert [row["name"] for row in record["attacks"]] == [
        "fgsm",
        "pgd",
        "uniform-noise",
        "gaussian-noise",
    ]
    assert record["attack_plan"]["samples"] == 12
    assert record["curves"] == []
    with np.load("robaudit-report/attacks.npz") as found:
        assert set(found["sample"]) <= set(range(record["data"]["samples"]))
        for row in record["attacks"]:
            success = found[f"{row['name']}.success"]
            distance = found[f"{row['name']}.distance"]
            assert row["accuracy"]["value"] == pytest.approx(1 - success.mean())
            assert np.isinf(distance[~success]).all()
            if row["norm"] == "linf":
                assert (distance[success] <= row["budget"] + 1e-4).all()
    assert record["attacks"][1]["accuracy"]["value"] <= record["attacks"][0]["accuracy"]["value"]
    assert record["attack_gallery"]
    out, err = capsys.readouterr()
    assert "PGD" in out
    assert "attacks: " in err


def test_without_attacks_nothing_is_written_of_them(run: Run) -> None:
    assert run("-q") == 0
    record = read_record()
    assert record["attacks"] == []
    assert "attack_plan" not in record
    assert not Path("robaudit-report/attacks.npz").exists()


def test_two_runs_of_an_audit_differ_in_their_environment_alone(run: Run) -> None:
    records, took = [], []
    for folder in ("a", "b"):
        assert run("--attacks", "quick", "--attack-samples", "10", "-q", "-o", folder) == 0
        record = read_record(Path(folder))
        took.append(record.pop("environment"))
        records.append(record)
    assert records[0] == records[1]
    assert '"seconds"' not in json.dumps(records[0])
    for environment in took:
        assert len(environment["attack_seconds"]) == len(records[0]["attacks"]) == 4
        assert 0 < sum(environment["attack_seconds"]) <= environment["seconds"]["attacks"]


def test_synthetic_inputs_can_be_attacked(run: Run, tmp_path: Path) -> None:
    shutil.copy(DIGITS, tmp_path / "alone.onnx")
    assert run("--attack", "fgsm", "--attack-samples", "5", "-q", model="alone.onnx") == 0
    assert read_record()["attacks"][0]["skipped"] is None


@pytest.fixture
def without_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no classifier have gradients."""

    def lose(classifier: Classifier, *_: object, **__: object) -> tuple[Classifier, None]:
        return replace(classifier, vjp=None, twin=None), None

    monkeypatch.setattr(prepare, "with_proved_gradients", lose)


@pytest.mark.usefixtures("without_gradients")
def test_what_was_asked_for_by_name_and_did_not_run_is_no_success(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--attack", "pgd", "--attack", "uniform-noise", "--attack-samples", "5", "-q"]
    assert run(*asked) == 2
    error = capsys.readouterr().err
    assert "did not run: PGD (it needs gradients" in error
    assert "--allow-skipped" in error
    record = read_record()
    validate(record)
    assert record["warnings"][0].startswith("No adversary ran, so there is no robust accuracy")
    assert record["attacks"][1]["accuracy"]["value"] is not None
    assert Path("robaudit-report/report.html").is_file()
    assert run(*asked, "--allow-skipped", "-o", "allowed") == 0
    assert run("--attack", "square", *asked, "-o", "more") == 2
    warning = read_record(Path("more"))["warnings"][0]
    assert warning.startswith("Not all attacks that were asked for by name could be run. What did")


@pytest.mark.usefixtures("without_gradients")
def test_without_gradients_the_quick_suite_runs_what_needs_none(run: Run) -> None:
    assert run("--attacks", "quick", "--attack-samples", "4", "-q") == 0
    record = read_record()
    validate(record)
    rows = {row["name"]: row for row in record["attacks"]}
    for name in ("square", "hopskipjump"):
        assert rows[name]["stand_in"]
        assert rows[name]["accuracy"]["value"] is not None
    assert "Square and HopSkipJump, which need no gradients, were run" in record["warnings"][0]
    assert run("--attacks", "quick", "--attack", "square", "--attack-samples", "4", "-q") == 0
    assert "HopSkipJump, which needs no gradients, was run" in read_record()["warnings"][0]


@pytest.mark.usefixtures("without_gradients")
def test_a_suite_of_which_no_adversary_ran_is_no_success(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(from_options, "STAND_INS", ())
    assert run("--attacks", "quick", "--attack-samples", "4", "-q") == 2
    assert read_record()["warnings"][0].startswith("No adversary ran")
    assert run("--attacks", "quick", "--attack-samples", "4", "-q", "--allow-skipped") == 0


def test_noise_alone_is_no_robust_accuracy(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--attack", "uniform-noise", "--attack-samples", "5") == 0
    assert "no adversary was asked for" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--attacks", "some"], "--attacks"),
        (["--attack", "magic"], "one of fgsm"),
        (["--attack", "pgd:epsilon=8"], "epsilon=8/255"),
        (["--attack", "gaussian-noise:sigma=25"], "sigma=25/255"),
        (["--attack", "pgd:speed=1"], "keys epsilon, step, steps, restarts"),
        (["--attack-samples", "0"], "--attack-samples"),
        (["--attacks", "quick", "--strengths", "2"], "shares of the pixel range"),
        (["--attacks", "quick", "--strengths", "a"], "--strengths"),
    ],
)
def test_wrong_use(
    run: Run, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert run(*arguments) == 2
    assert words in capsys.readouterr().err
    assert not Path("robaudit-report").exists()


def test_an_interrupt_writes_what_is_finished(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:

    def interrupted(attack: Attack, *arguments: Any, **named: Any) -> Generate:
        if attack.name == "pgd":
            raise KeyboardInterrupt
        return generator_for(attack, *arguments, **named)

    monkeypatch.setattr(running, "generator_for", interrupted)
    assert run("--attack", "fgsm", "--attack", "pgd", "--attack", "blur") == 130
    first, second, third = read_record()["attacks"]
    assert first["skipped"] is None
    assert "interrupted" in second["skipped"]
    assert "interrupted" in third["skipped"]
    assert Path("robaudit-report/report.html").is_file()
    assert "Traceback" not in capsys.readouterr().err


def test_an_interrupt_between_attacks_and_curves_keeps_the_attacks(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(assessing, "accuracy_curves", interrupted)
    assert run("--attack", "fgsm", "--strengths", "0.1", "-q") == 130
    record = read_record()
    assert record["attacks"][0]["accuracy"]["value"] is not None
    assert record["curves"] == record["trust"] == []


def test_what_attacks_leave_does_not_depend_on_the_batch_size(run: Run) -> None:
    few = ("pgd:steps=10,step=0.03", "apgd:steps=10", "ddn:steps=20", "square:queries=20")
    asked = [word for name in (*few, "uniform-noise") for word in ("--attack", name)]
    records = []
    for size in ("7", "128"):
        assert run(*asked, "--attack-samples", "12", "-q", "--batch-size", size, "-o", size) == 0
        records.append(read_record(Path(size)))
    for one, other in zip(*(record["attacks"] for record in records), strict=True):
        for figure in ("accuracy", "per_class", "outside_budget"):
            assert one[figure] == other[figure], one["name"]
        far = [row["median_distance"] or 0 for row in (one, other)]
        assert far[0] == pytest.approx(far[1], rel=1e-4)
    assert records[0]["closest"]["by"] == records[1]["closest"]["by"]
