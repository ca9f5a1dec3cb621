"""Wrong use of ``robaudit scan``, and bad luck: one sentence, and nothing lost."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from tests.support.files import Run, save_data
from tests.support.paths import DIGITS, EXAMPLES


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--samples", "0"], "--samples"),
        (["--step", "-1"], "--step"),
        (["--step", "nan"], "--step"),
        (["--directions", "65"], "at most 64"),
        (["--mean", "a"], "--mean"),
        (["--mean", "0.1,0.2"], "--mean"),
        (["--std", "0"], "--std"),
        (["--mean", "123.7", "--std", "58.4"], "0..1 units"),
        (["--effort", "huge"], "--effort"),
        (["--data", "none.npz"], "no data at none.npz"),
        (["--data", ""], "--data: an empty path; expected a path, or . for the current folder"),
        (["-o", ""], "--out: an empty path"),
        (["--fail-under", "speed=1"], "restricted-mean-margin"),
        (["--fail-under", "accuracy=97"], "from 0 to 1"),
        (["--fail-under", "accuracy"], "METRIC=VALUE"),
        (["--decide"], "--decide without a gate on a figure that is searched"),
        (["--decide", "--fail-under", "accuracy=0.5"], "without a gate on a figure that is"),
        (
            ["--decide", "--precision", "0.1", "--fail-under", "crossing-rate=0.5"],
            "--decide and --precision together; expected one of them",
        ),
        (
            ["--decide", "--randomised", "--fail-under", "crossing-rate=0.5"],
            "--decide and --randomised together",
        ),
        (["--pixel-range", "5,5"], "--pixel-range"),
        (["--image-size", "12"], "--image-size"),
        (["--split", "nothing"], "x_nothing"),
        (["--class-names", "a,b"], "2 class names for a model of 10"),
        (["--no-such-flag"], "--no-such-flag. See robaudit scan --help."),
        (["images.npz"], "images.npz; expected one MODEL, and data behind --data"),
        (["--device", "cuda"], "onnx-gpu"),
        (["-o", DIGITS], "is not a folder"),
        (["--split", "train", "--data", str(EXAMPLES / "digits.onnx")], "no parts"),
    ],
)
def test_wrong_use_exits_with_2_and_one_sentence(
    run: Run, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert run(*arguments) == 2
    out, err = capsys.readouterr()
    assert words in err
    assert err.startswith("robaudit: ") or "preprocessing" in err
    assert "Traceback" not in out + err
    assert not Path("robaudit-report").exists()


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.full((4, 8, 8), np.nan), np.arange(4), "NaN"),
        (np.zeros((0, 8, 8)), np.zeros(0), "no images"),
        (np.zeros((4, 9, 9)), np.arange(4), "(1, 8, 8)"),
        (np.zeros((4, 8, 8)), np.arange(4) + 7, "labels from 0 to 9"),
        (np.zeros((4, 8, 8)), np.arange(3), "labels of shape"),
    ],
)
def test_data_that_does_not_fit_exits_with_2(
    run: Run, capsys: pytest.CaptureFixture[str], x: np.ndarray, y: np.ndarray, words: str
) -> None:
    path = save_data(Path("data.npz"), x, y)
    assert run("--data", path) == 2
    err = capsys.readouterr().err
    assert words in err
    assert "data.npz" in err
    assert not Path("robaudit-report").exists()


def test_a_result_that_cannot_be_replaced_is_noticed_before_the_work(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("robaudit-report/audit.json").mkdir(parents=True)
    assert run() == 2
    err = capsys.readouterr().err
    assert "is a folder" in err
    assert "search" not in err


def test_a_full_disk_loses_nothing_and_leaves_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("-q") == 0
    before = {p: p.read_bytes() for p in Path("robaudit-report").iterdir()}

    def no_space(_file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", no_space)
    assert run("-q", "--seed", "5") == 2
    assert "No space left" in capsys.readouterr().err
    assert {p: p.read_bytes() for p in Path("robaudit-report").iterdir()} == before
    assert run("-q", "-o", "new") == 2
    assert not Path("new").exists()


def test_a_folder_that_cannot_be_written_is_noticed_before_the_work(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert run("-o", "locked/report") == 2
    err = capsys.readouterr().err
    assert "no permission" in err
    assert "search" not in err
