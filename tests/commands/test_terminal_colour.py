"""Colours: in terminals that show them, elsewhere where they are forced, and in no file."""

import subprocess
import sys
from pathlib import Path

import pytest

from robaudit.cli import main
from robaudit.commands.terminal import error_console
from tests.support.commands import DATA
from tests.support.files import SMALL_SCAN
from tests.support.paths import DIGITS
from tests.support.terminals import COLOURS, in_terminal, plain_environment

ESCAPE = "\x1b"
OUTPUTS = {"--sarif": "s.sarif", "--junit": "j.xml", "--markdown": "m.md", "--csv": "c.csv"}

ENVIRONMENTS: list[tuple[dict[str, str], bool, bool]] = [
    ({}, True, False),
    ({"NO_COLOR": "1"}, False, False),
    ({"FORCE_COLOR": "1"}, True, True),
    ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
    ({"TERM": "dumb"}, False, False),
]
"""Variables, whether a terminal gets colours, and whether a pipe does."""


def put(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in COLOURS:
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm", **environment}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(("environment", "in_one", "elsewhere"), ENVIRONMENTS)
def test_standard_output_has_the_colours_that_are_asked_for(
    audits: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    *,
    in_one: bool,
    elsewhere: bool,
) -> None:
    command = ["report", str(audits / "before"), "-f", "text"]
    code, shown = in_terminal(command, audits, environment)
    assert code == 0
    assert "Clean accuracy" in shown
    assert (ESCAPE in shown) == in_one
    put(environment, monkeypatch)
    assert main(command) == 0
    assert (ESCAPE in capsys.readouterr().out) == elsewhere


@pytest.mark.parametrize(("environment", "in_one", "_"), ENVIRONMENTS)
def test_the_error_stream_has_none_but_in_a_terminal(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], *, in_one: bool, _: bool
) -> None:
    put(environment, monkeypatch)
    console = error_console()
    assert not console.is_terminal
    monkeypatch.setattr("robaudit.commands.terminal.is_animated", lambda _: True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    console = error_console()
    with console.capture() as captured:
        console.print("word", style="red")
    assert (ESCAPE in captured.get()) == in_one


@pytest.mark.parametrize("command", ["scan", "init"])
def test_no_file_and_no_log_has_colours(tmp_path: Path, command: str) -> None:
    outputs = [word for pair in OUTPUTS.items() for word in pair] if command == "scan" else []
    done = subprocess.run(
        [sys.executable, "-m", "robaudit", command, DIGITS, *DATA, *SMALL_SCAN, *outputs],
        cwd=tmp_path,
        env=plain_environment(FORCE_COLOR="1", TERM="xterm", GITHUB_STEP_SUMMARY="step.md"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ESCAPE not in done.stderr
    assert "search: " in done.stderr
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".npz"]
    assert len(written) == (7 if command == "scan" else 1)
    for path in written:
        assert ESCAPE not in path.read_text(), path
