"""``robaudit completion``: scripts that real shells read, and what these then offer."""

import subprocess
from pathlib import Path

import pytest

from robaudit.attacks.catalogue import CATALOGUE, SUITES
from robaudit.cli import main
from robaudit.commands.options.parser import COMMANDS, SHELLS, command_named
from robaudit.metrics.gates import GATEABLE
from tests.support.shells import completed, require_shell

PRESSED = {
    "robaudit sc": "robaudit scan ",
    "robaudit scan -q --eff": "robaudit scan -q --effort",
    "robaudit scan --effort qu": "robaudit scan --effort quick ",
    "robaudit scan --effort=qu": "robaudit scan --effort=quick ",
    "robaudit scan --fail-under acc": "robaudit scan --fail-under accuracy=",
    "robaudit scan --attacks pap": "robaudit scan --attacks paper ",
    "robaudit scan --attack deep": "robaudit scan --attack deepfool ",
    "robaudit scan my": r"robaudit scan my\ model.onnx ",
    "robaudit scan m.onnx -o resu": "robaudit scan m.onnx -o results/",
    "robaudit cache cl": "robaudit cache clear ",
    "robaudit report -f mark": "robaudit report -f markdown ",
}
"""What stands on a line before Tab is pressed, and after."""


@pytest.fixture
def script(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> Path:
    """Write the script of a shell beside a model with a blank in its name, and a folder."""
    shell = request.node.callspec.params.get("shell", "bash")
    require_shell(shell)
    assert main(["completion", shell]) == 0
    path = tmp_path / "script"
    path.write_text(capsys.readouterr().out)
    (tmp_path / "my model.onnx").touch()
    (tmp_path / "results").mkdir()
    return path


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_one(script: Path, shell: str) -> None:
    done = subprocess.run([shell, "-n", script], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    text = script.read_text()
    assert "%%" not in text
    assert "%(" not in text


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_tab_completes_what_was_begun(script: Path, tmp_path: Path, shell: str) -> None:
    found = completed(shell, script, list(PRESSED), tmp_path)
    # zsh may be at the value already, and bash 4 and 5 differ in blanks.
    assert [line.rstrip(" =") for line in found] == [line.rstrip(" =") for line in PRESSED.values()]
    metric = list(PRESSED).index("robaudit scan --fail-under acc")
    assert found[metric].endswith("=")


def offered_in_bash(script: Path, *words: str) -> list[str]:
    quoted = " ".join(f"'{word}'" for word in words)
    asked = (
        f"source {script}; COMP_WORDS=({quoted}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); "
        'COMP_LINE="${COMP_WORDS[*]}"; _robaudit; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


def offered_in_fish(script: Path, *words: str) -> list[str]:
    asked = f"source {script}; complete -C '{' '.join(words)}'"
    done = subprocess.run(
        ["fish", "-N", "-c", asked], capture_output=True, text=True, check=True, cwd=script.parent
    )
    assert done.stderr == ""
    return [line.partition("\t")[0] for line in done.stdout.splitlines()]


OFFERED = {"bash": offered_in_bash, "fish": offered_in_fish}


@pytest.mark.parametrize("shell", OFFERED)
def test_all_that_there_is_is_offered(script: Path, shell: str) -> None:
    def offered(*words: str) -> set[str]:
        return set(OFFERED[shell](script, "robaudit", *words))

    assert offered("") >= {command.name for command in COMMANDS}
    assert offered("--") >= {"--help", "--version"}
    for command in COMMANDS:
        assert offered(command.name, "--") == {*command.flags(), "--help"}
    assert offered("scan", "m.onnx", "--fail-under", "") == {f"{name}=" for name in GATEABLE}
    assert offered("scan", "--attack", "") == set(CATALOGUE)
    assert offered("harden", "--adversary", "") == set(CATALOGUE)
    assert offered("scan", "--attacks", "") == set(SUITES)
    assert offered("scan", "--signs", "") == {"1", "2"}
    assert offered("completion", "") == set(SHELLS)
    assert offered("cache", "") == {"info", "clear"}
    assert "write" in offered("baseline", "")
    assert offered("scan", "--samples", "") == set()


@pytest.mark.parametrize("shell", ["fish"])
def test_fish_offers_files_where_there_may_be_one(script: Path, shell: str) -> None:  # noqa: ARG001
    for words in (("scan", "my"), ("scan", "m.onnx", "--data", "my"), ("report", "-o", "my")):
        assert offered_in_fish(script, "robaudit", *words) == ["my model.onnx"]
    assert offered_in_fish(script, "robaudit", "cache", "my") == []


def test_values_of_options_are_known_to_be_one_of_some_words() -> None:
    """Those that may begin with others are taken by what reads them."""
    option = command_named("scan").all_options()["fail-under"]
    assert option.read is not None
    for word in option.words:
        assert option.read(f"{word}0.5")


def test_what_is_no_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"]) == 2
    assert "expected bash or zsh or fish" in capsys.readouterr().err
