"""``robaudit adapters``: what can be opened here, and what is missing for it."""

import pytest

from robaudit.cli import main
from tests.support.adapters import install


def test_adapters_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["adapters"]) == 0
    assert "onnx: ONNX models (.onnx)" in capsys.readouterr().out


def test_what_is_missing_comes_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(monkeypatch, lacking="tests.support.adapters:LACKING")
    assert main(["adapters"]) == 0
    out = capsys.readouterr().out
    assert "missing: no-such-package is not installed; install it with: pip install it" in out


def test_every_adapter_of_ours_says_what_it_can_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["adapters"]) == 0
    blocks = capsys.readouterr().out.split("\n")
    for name in ("function", "keras", "onnx", "torch"):
        start = next(i for i, line in enumerate(blocks) if line.startswith(f"{name}: "))
        assert blocks[start + 1].startswith("  can: predict")
        assert any(line.startswith("  on: cpu") for line in blocks[start : start + 5])
