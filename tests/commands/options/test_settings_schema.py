"""The published schema of settings files, held to the options and to what robaudit reads."""

import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from robaudit.commands.options.parser import command_named
from robaudit.commands.options.settings import NEVER_SET, SECTIONS, read_settings
from robaudit.commands.options.settings_schema import FILE, settings_schema
from robaudit.errors import UsageError
from robaudit.record import to_json

VALIDATOR = Draft202012Validator(settings_schema(), format_checker=FormatChecker())
GATE = '[[gate]]\nmetric = "accuracy"\n'
END = 'until = "2027-01-31"\nreason = "known"\n'


def test_the_file_is_the_one_that_options_give() -> None:
    """`make schema` writes it."""
    Draft202012Validator.check_schema(settings_schema())
    published = files("robaudit_report").joinpath(FILE).read_text(encoding="utf-8")
    assert published == to_json(settings_schema()) + "\n"


def test_each_section_has_the_options_of_its_command_but_those_that_run_code() -> None:
    properties = settings_schema()["properties"]
    for name in SECTIONS:
        options = set(command_named(name).all_options())
        assert set(properties[name]["properties"]) == options - {
            *NEVER_SET,
            "config",
            "show-config",
        }
        assert not {"factory", "trust-model"} & set(properties[name]["properties"])
    assert set(properties) == {
        *properties["scan"]["properties"],
        *SECTIONS,
        *("preset", "gate", "suppress"),
    }


RIGHT = [
    "",
    'preset = "strict"\nseed = 1\nattack = ["fgsm", "pgd"]\nmean = [0.5, 0.4]\nno-clip = true\n',
    'mean = 0.5\npixel-range = [0, 255]\nimage-size = [8, 8]\ninput-shape = "3,8,8"\n',
    'signs = 1\ntimeout = "10m"\nprecision = "crossing-rate=0.1"\nsearch-tolerance = 0.01\n',
    "[harden]\nhigh-samples = 0.5\nlow-samples = 20\n",
    '[harden]\nepochs = 3\nattacks = "paper"\n[examples]\nseed = 3\n[compare]\nout = "x"\n',
    GATE + "min = 0.9\nmax-drop = 0\nclass = 8\n",
    GATE.replace("accuracy", "robust-accuracy") + 'attack = "pgd"\nmin = 0.1\nlevel = "warning"\n',
    GATE.replace("accuracy", "gini") + 'max = 0.1\non-inconclusive = "pass"\n',
    '[[suppress]]\ngate = "accuracy/min"\nclass = 8\nmodel = "m*"\n' + END,
]


@pytest.mark.parametrize("content", RIGHT)
def test_what_robaudit_reads_the_schema_has(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("robaudit.toml").write_text(content)
    read_settings("scan")
    VALIDATOR.validate(tomllib.loads(content))


WRONG = [
    "datas = 'x'",
    "trust-model = true",
    "factory = 'x'",
    "config = 'x'",
    "samples = true",
    "no-clip = 'yes'",
    "preset = 'strictest'",
    "gate = 5",
    "scan = 5",
    "[scan]\nepochs = 3",
    "[harden]\ntrust-model = true",
    GATE,
    GATE + "min = 1.5",
    GATE + "max = 0.5",
    GATE + "min = 0.5\nattack = 'pgd'",
    GATE + "min = 0.5\nlevel = 'warn'",
    GATE + "minimum = 0.5",
    GATE.replace("accuracy", "gini") + "min = 0.1",
    GATE.replace("accuracy", "gini") + "max = 0.1\nclass = 'a'",
    "[[gate]]\nmin = 0.1",
    "[[suppress]]\n" + END,
    "[[suppress]]\ngate = 'accuracy'\nuntil = '2027-01-31'",
    "[[suppress]]\ngate = 'accuracy'\nuntil = 'soon'\nreason = 'x'",
    "[[suppress]]\ngate = 'accuracy'\nuntil = '2027-01-31'\nreason = ' '",
]


@pytest.mark.parametrize("content", WRONG)
def test_what_robaudit_refuses_the_schema_refuses(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("robaudit.toml").write_text(content)
    with pytest.raises(UsageError):
        read_settings("scan")
    assert not VALIDATOR.is_valid(tomllib.loads(content))
