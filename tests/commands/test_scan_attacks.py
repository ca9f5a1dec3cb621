"""Attacks of ``robaudit scan``: one flag, and rows in the record."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit.attacks import assessment as assessing
from robaudit.attacks import run as running
from robaudit.attacks.catalogue import Attack
from robaudit.attacks.generators import Generate, generator_for
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


def test_the_same_seed_gives_the_same_rows(run: Run) -> None:
    rows = []
    for folder in ("a", "b"):
        assert run("--attacks", "quick", "--attack-samples", "10", "-q", "-o", folder) == 0
        record = read_record(Path(folder))
        rows.append([{**row, "seconds": 0} for row in record["attacks"]])
    assert rows[0] == rows[1]


def test_synthetic_inputs_can_be_attacked(run: Run, tmp_path: Path) -> None:
    shutil.copy(DIGITS, tmp_path / "alone.onnx")
    assert run("--attack", "fgsm", "--attack-samples", "5", "-q", model="alone.onnx") == 0
    assert read_record()["attacks"][0]["skipped"] is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--attacks", "some"], "--attacks"),
        (["--attack", "magic"], "one of fgsm"),
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

    def interrupted(attack: Attack, *arguments: Any) -> Generate:
        if attack.name == "pgd":
            raise KeyboardInterrupt
        return generator_for(attack, *arguments)

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
