"""The options of every command, and their help."""

import pytest

import robaudit
from robaudit.attacks.catalogue import CATALOGUE
from robaudit.cli import main
from robaudit.commands.options.parser import make_parser


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["scan", "--help"], ["report", "--help"]):
        with pytest.raises(SystemExit) as ended:
            make_parser().parse_args(arguments)
        assert ended.value.code == 0
    with pytest.raises(SystemExit):
        make_parser().parse_args(["--version"])
    assert robaudit.__version__ in capsys.readouterr().out
    assert main([]) == 2
    assert "COMMAND" in capsys.readouterr().err


def test_the_help_names_every_attack(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["scan", "--help"])
    words = capsys.readouterr().out.replace("\n", " ")
    assert all(name.split("-")[0] in words for name in CATALOGUE)
