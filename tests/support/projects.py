"""Projects whose tests audit a model, run by a pytest of their own."""

import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import DIGITS, EXAMPLES, ROOT

HOOKS = "robaudit.commands.pytest_plugin.hooks"
LOADED = (
    *("-p", "no:robaudit", "-p", HOOKS, "-p", "no:cacheprovider"),
    *("-p", "no:hypothesispytest"),  # costly to import again and again
    *("-W", "default"),  # which are errors here
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # it is imported here already
)
"""Loads the plugin once, whether robaudit was installed with its entry point or not."""

SMALL: dict[str, Any] = {"samples": 20, "directions": 6, "steps": 10, "step": 0.05}
WORDS = ", ".join(f"{name}={value!r}" for name, value in SMALL.items())
HEAD = f"""\
import pytest
pytestmark = pytest.mark.robaudit(
    model={str(DIGITS)!r}, data={str(EXAMPLES / "digits.npz")!r}, {WORDS}
)
"""
"""How a file of tests begins that audits the demo a little; its second line is of the marker."""

Run = Callable[..., pytest.RunResult]


def marked(**words: Any) -> str:
    """Write a test with the marker, whose body fails if it is run to tell so."""
    said = ", ".join(f"{name}={value!r}" for name, value in words.items())
    return f"@pytest.mark.robaudit({said})\ndef test_model():\n    print('the body ran')\n"


def entry_point(folder: Path) -> dict[str, str]:
    """Install what pyproject.toml says to pytest in a folder; give an environment with it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    about = folder / "robaudit_entry-0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: robaudit-entry\nVersion: 0\n")
    entries = project["entry-points"]["pytest11"].items()
    lines = "".join(f"{name} = {place}\n" for name, place in entries)
    (about / "entry_points.txt").write_text(f"[pytest11]\n{lines}")
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", ""), str(ROOT)])
    return {**os.environ, "PYTHONPATH": path}
