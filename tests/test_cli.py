"""The command line itself: its arguments, complaints, exit codes and streams."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.support.files import SMALL_SCAN, Run, read_record, save_data
from tests.support.paths import DIGITS, EXAMPLES


def test_values_that_begin_with_a_minus_sign(run: Run, tmp_path: Path) -> None:
    with np.load(EXAMPLES / "digits.npz") as data:
        path = save_data(tmp_path / "centred.npz", data["x_test"] / 127.5 - 1, data["y_test"])
    assert run("--data", path, "--pixel-range", "-1,1") == 0
    assert read_record()["clean"]["accuracy"]["value"] > 0.95
    assert run("--data", path, "--pixel-range=-1,1", "--mean", "-0.5") == 0
    assert read_record()["data"]["preprocessing"]["mean"] == [-0.5]


def test_a_model_that_is_none_exits_with_3(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"")
    assert run(model="bad.onnx") == 3
    assert run(model=tmp_path) == 3
    assert run(model="none.onnx") == 2
    assert not Path("robaudit-report").exists()
    assert capsys.readouterr().err.count("robaudit: ") == 3


def test_what_was_not_foreseen_does_not_look_like_a_failed_gate(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("robaudit.commands.scan.scan", fail)
    assert run() == 2
    err = capsys.readouterr().err
    assert "ZeroDivisionError: oh" in err
    assert "Traceback" not in err
    monkeypatch.setenv("ROBAUDIT_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        run()


def test_an_interrupt_ends_quietly(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "robaudit", "scan", DIGITS, "--effort", "standard"]
    with subprocess.Popen(
        [*command, "--samples", "600", "--steps", "500", "--step", "0.0004"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("clean accuracy"):
                break
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        try:
            err = process.communicate(timeout=60)[1]
        finally:
            process.kill()
    assert process.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err
    assert "the same command goes on from here" in err
    assert [path.name for path in tmp_path.iterdir()] == ["robaudit-report"]


def robaudit_process(
    folder: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Scan the demo in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "robaudit", "scan", DIGITS, *SMALL_SCAN, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_terminal_without_unicode_gets_plain_characters(tmp_path: Path) -> None:
    done = robaudit_process(tmp_path, PYTHONIOENCODING="ascii", LC_ALL="C")
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert "?" not in done.stdout
    assert "Crossing rate" in done.stdout


def test_nothing_but_robaudit_speaks(tmp_path: Path) -> None:
    """No framework complains of a home folder that cannot be written, or anything else."""
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    done = robaudit_process(tmp_path, "--quiet", HOME=str(home))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(home.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
def test_closed_output_does_not_end_the_work(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "robaudit", "scan", DIGITS, *SMALL_SCAN]
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" "$@" >&- 2>&-', *command], cwd=tmp_path, check=False
    )
    assert done.returncode == 0
    assert (tmp_path / "robaudit-report/audit.json").is_file()
