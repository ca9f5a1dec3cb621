"""Commands as tests run them, and what they wrote."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import robaudit.commands.harden as command
from robaudit.cli import main
from tests.support.files import SMALL_SCAN
from tests.support.paths import EXAMPLES

Harden = Callable[..., int]

QUICK = [
    *SMALL_SCAN,
    *("--effort", "quick", "--attacks", "none", "--search-samples", "60"),
    *("--search-directions", "8", "--epochs", "2"),
    *("--validation-samples", "40", "--validation-directions", "6"),
]
DATA = ["--data", str(EXAMPLES / "digits.npz")]


def read_comparison(folder: Path = Path("out")) -> Any:
    """Read the comparison that a hardening wrote to a folder."""
    return json.loads((folder / "comparison.json").read_text())


def compare(audits: Path, *arguments: str) -> int:
    """Compare the audits of a folder, before and after."""
    return main(["compare", str(audits / "before"), str(audits / "after"), *arguments])


def stop_hardening_after(monkeypatch: pytest.MonkeyPatch, asked: int) -> None:
    """Have a hardening stop when it has asked so often whether it should."""
    times = 0

    def is_to_stop() -> bool:
        nonlocal times
        times += 1
        return times > asked

    @contextmanager
    def stopping() -> Iterator[Callable[[], bool]]:
        yield is_to_stop

    monkeypatch.setattr(command, "stopping", stopping)
