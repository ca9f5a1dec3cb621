"""A hardening that is ended anywhere goes on where it stopped, to the same files."""

from pathlib import Path
from typing import Any

import pytest

from robaudit import batches
from robaudit.hardening import resuming
from robaudit.storage import blocks
from tests.support.commands import Harden, read_comparison, stop_hardening_after

FEW = ("--keep", "last", "--train-batch-size", "300", "--attack", "gaussian-noise")
OF_THE_HOUR = {"seconds", "environment", "files", "command"}


def results() -> tuple[Any, bytes, bytes, set[str]]:
    """Read what a hardening wrote, without what depends on the hour."""
    paths = {str(path) for path in Path("out").rglob("*")}
    model, rays = Path("out/hardened.onnx").read_bytes(), Path("out/after/rays.npz").read_bytes()
    return lasting(read_comparison()), model, rays, paths


def lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: lasting(of) for name, of in value.items() if name not in OF_THE_HOUR}
    return [lasting(of) for of in value] if isinstance(value, list) else value


def test_a_hardening_that_is_stopped_again_and_again_comes_to_the_same(
    harden: Harden, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert harden(*FEW) == 0
    whole = results()
    monkeypatch.setattr(batches, "_LARGEST_BLOCK", 400)
    monkeypatch.setattr(blocks, "SECONDS", 0)
    monkeypatch.setattr(resuming, "SECONDS", 0)
    monkeypatch.setattr("os.fsync", lambda _number: None)
    told = []
    Path("out").rename("whole")
    for _ in range(30):
        stop_hardening_after(monkeypatch, 16)
        code = harden(*FEW)
        told.append(capsys.readouterr().err)
        if not code:
            break
        assert code == 130
        assert "the same command goes on from here" in told[-1]
        assert {path.name for path in Path("out").iterdir()} - {"partial"} == {".robaudit"}
    assert results() == whole
    assert 3 < len(told) < 30
    assert "left: training from epoch 2 of 2" in "".join(told)
