"""A scan by several processes comes to what one comes to, and leaves nothing else."""

import argparse
import os
from pathlib import Path
from typing import Any

import pytest

from robaudit.commands import scan_workers
from robaudit.commands.scan_workers import workers_for
from robaudit.errors import UsageError
from tests.support.files import Run, read_record
from tests.support.paths import EXAMPLES

DATA = ("--data", str(EXAMPLES / "digits.npz"))


def results(folder: str) -> tuple[Any, bytes]:
    """Read what a scan wrote, without what depends on the hour."""
    record = read_record(Path(folder))
    del record["environment"], record["files"]
    return record, (Path(folder) / "rays.npz").read_bytes()


def test_two_workers_come_to_what_one_process_does(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ROBAUDIT_CACHE", "off")
    more = (*DATA, "--attack", "gaussian-noise")
    assert run(*more, "-q", "-o", "whole") == 0
    assert run(*more, "-o", "small", "--workers", "2") == 0
    assert "done by one process: it takes" in capsys.readouterr().err
    monkeypatch.setattr(scan_workers, "_SECONDS_TO_BEGIN", -1e6)
    assert run(*more, "-o", "two", "--workers", "2") == 0
    said = capsys.readouterr().err
    assert "8 of 8" in said
    assert "no worker has done" not in said
    assert results("small") == results("two") == results("whole")
    assert {path.name for path in Path("two").iterdir()} == {
        path.name for path in Path("whole").iterdir()
    }


def test_what_cannot_be_shared_is_done_by_one_process(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*DATA, "--workers", "2", "--precision", "0.2", "--no-cache") == 0
    assert "hangs on what all shares find" in capsys.readouterr().err
    for several in (("--workers", "2"), ("--device", "cuda:0,cuda:1")):
        assert run(*DATA, *several, "--shard", "1/2") == 2
        assert "one --shard by several workers" in capsys.readouterr().err
    assert run(*DATA, "--device", "cuda:0,cpu") == 2
    assert "cuda:0,cuda:1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("device", "workers", "shown", "gpus"),
    [
        ("auto", None, None, ("",)),
        ("cpu", 3, None, ("", "", "")),
        ("cuda:0,cuda:2", None, None, ("0", "2")),
        ("cuda:0,cuda:1", 4, None, ("0", "1", "0", "1")),
        ("cuda:1", None, "5,7", ("7",)),
    ],
)
def test_each_worker_sees_one_gpu(
    device: str,
    workers: int | None,
    shown: str | None,
    gpus: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if shown is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", shown)
    options = argparse.Namespace(device=device, workers=workers, shard=None, engine="local")
    assert workers_for(options).gpus == gpus
    if device.startswith("cuda:"):
        assert (options.device, os.environ["CUDA_VISIBLE_DEVICES"]) == ("cuda", gpus[0])


@pytest.mark.parametrize("shown", ["5,7", ""])
def test_a_gpu_that_is_not_shown_is_refused(shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", shown)
    with pytest.raises(UsageError, match="cuda:2"):
        workers_for(argparse.Namespace(device="cuda:2", workers=None, shard=None, engine="local"))
