"""What ``--show-config`` shows: what holds, and where each value is from."""

import re
import tomllib
from pathlib import Path

import pytest

from robaudit.cli import main

FILE = """\
seed = 3
attack = ["fgsm", "blur"]
[scan]
samples = 20
[harden]
seed = 4
epochs = 2

[[gate]]
metric = "accuracy"
class = "worst"
min = 0.9

[[suppress]]
gate = "accuracy"
until = 2027-01-31
reason = 'it is "known"'
"""


@pytest.fixture(autouse=True)
def _file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("robaudit.toml").write_text(FILE)


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main([*arguments, "--show-config"]) == 0
    return re.sub(" +#", " #", capsys.readouterr().out)


def test_each_value_says_where_it_is_from(capsys: pytest.CaptureFixture[str]) -> None:
    said = shown(capsys, "scan", "m.onnx", "--attack", "pgd:steps=5", "--mean", "0.5,0.4")
    for line in (
        "# robaudit scan, by robaudit.toml",
        "seed = 3 # robaudit.toml, line 1",
        "samples = 20 # robaudit.toml, line 4",
        'attack = ["fgsm", "blur", "pgd:steps=5"] # robaudit.toml, line 2, and typed',
        'mean = "0.5,0.4" # typed',
        'effort = "standard" # default',
        "# data is not set",
        "[[gate]] # robaudit.toml, line 9",
        "[[suppress]] # robaudit.toml, line 14",
    ):
        assert line in said.splitlines()
    assert not Path("robaudit-report").exists()


def test_what_is_shown_is_a_file_of_settings(capsys: pytest.CaptureFixture[str]) -> None:
    said = shown(capsys, "scan", "--fail-under", "robust-accuracy:pgd=0.1", "--attacks", "quick")
    Path("again.toml").write_text(said)
    table = tomllib.loads(said)
    assert table["scan"]["fail-under"] == ["robust-accuracy:pgd=0.1"]
    assert table["suppress"][0]["reason"] == 'it is "known"'
    again = shown(capsys, "scan", "--config", "again.toml")
    assert tomllib.loads(again)["scan"] == table["scan"]


def test_a_section_goes_before_the_top_and_only_for_its_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = shown(capsys, "harden")
    assert "seed = 4 # robaudit.toml, line 6" in said.splitlines()
    assert "epochs = 2 # robaudit.toml, line 7" in said.splitlines()
    assert "# samples is not set" in said.splitlines()


def test_it_needs_nothing_to_do_it_to_and_refuses_what_is_wrong(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in ("compare", "examples"):
        assert f"# robaudit {command}, by robaudit.toml" in shown(capsys, command)
    assert main(["scan", "--show-config", "--sead", "4"]) == 2
    assert main(["scan", "--show-config", "--seed", "x"]) == 2
    monkeypatch.setenv("ROBAUDIT_CONFIG", "robaudit.toml")
    assert "by robaudit.toml (ROBAUDIT_CONFIG)" in shown(capsys, "scan")
    Path("robaudit.toml").write_text("seed = 'x'")
    assert main(["scan", "--show-config"]) == 2
