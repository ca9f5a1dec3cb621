"""The options of every command, and their help."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator

import pytest

import robaudit
from robaudit.attacks.catalogue import CATALOGUE
from robaudit.cli import main
from robaudit.commands.options.command import Command
from robaudit.commands.options.groups import PRECISION
from robaudit.commands.options.parser import COMMANDS, make_parser


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["scan", "--help"], ["report", "--help"]):
        with pytest.raises(SystemExit) as ended:
            make_parser().parse_args(arguments)
        assert ended.value.code == 0
    with pytest.raises(SystemExit):
        make_parser().parse_args(["--version"])
    assert robaudit.__version__ in capsys.readouterr().out


def test_nothing_asked_for_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert all(f"\n    {command.name}" in out for command in COMMANDS)


def test_the_help_names_every_attack(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["scan", "--help"])
    words = re.split(r"[\s,;]+", capsys.readouterr().out)
    assert set(CATALOGUE) <= set(words)


def help_of(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    return capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_help_says_what_is_done_without_an_option(command: Command) -> None:
    for option in command.all_options().values():
        assert option.help, option.flag
        if option.sets or option.default not in (None, False, []):
            assert "default" in option.help or option is PRECISION, option.flag


def test_the_help_says_what_presets_stand_for(capsys: pytest.CaptureFixture[str]) -> None:
    words = " ".join(help_of("scan", capsys).split())
    assert "quick 1,000 x 4, standard 5,000 x 4, paper 1,500 x 784" in words
    assert "quick: fgsm, pgd, uniform-noise, gaussian-noise; paper: these and cw-l2" in words
    words = " ".join(help_of("harden", capsys).split())
    assert "quick 500 x 50, standard 1,500 x 100, paper 1,500 x 784" in words


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_help_ends_with_examples_that_can_be_typed(
    command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    _, _, end = help_of(command.name, capsys).partition("\nfor example:\n")
    lines = [line.strip() for line in end.splitlines()]
    assert lines
    for line in lines:
        program, *words = shlex.split(line)
        assert program == "robaudit"
        assert make_parser().parse_args(words).command == command.name
        if shutil.which("bash"):
            subprocess.run(["bash", "-n", "-c", line], check=True)


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_nothing_of_the_help_is_cut_in_a_narrow_window(
    command: Command,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    width: int,
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    usage, *rest = help_of(command.name, capsys).partition("\nfor example:\n")[0].splitlines()
    assert usage.startswith(f"usage: robaudit {command.name}")
    words = {word for text in _words_of(command) for word in text.split()}
    for line in rest:
        assert len(line) <= width or line.strip() in words or line.startswith("  -"), line
    assert words <= set(" ".join(rest).split())


def _words_of(command: Command) -> Iterator[str]:
    yield command.description
    for option in command.all_options().values():
        text = f"{option.flag} {option.help}".replace("%%", "%")
        yield text.replace("%(default)s", str(option.default))
