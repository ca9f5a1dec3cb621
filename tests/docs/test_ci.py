"""The page on CI: its commands run as they stand, its files held to the schemas of hosts."""

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit.cli import main
from robaudit.commands import ExitCode
from robaudit.commands.options.settings import read_settings
from tests.support.check_jsonschema import check_vendored
from tests.support.documents import blocks_in, shell_blocks
from tests.support.files import read_record
from tests.support.paths import DIGITS, EXAMPLES, ROOT

DOCUMENT = "docs/ci.md"
COMMANDS = [line for block in shell_blocks(DOCUMENT) for line in block.splitlines()]
FILES = blocks_in(DOCUMENT, "yaml")


@pytest.fixture(scope="module")
def text() -> str:
    """The page."""
    return (ROOT / DOCUMENT).read_text(encoding="utf-8")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a model and images, and the programs that the page asks for."""
    programs, repository = tmp_path / "programs", tmp_path / "repository"
    for folder in (programs, repository):
        folder.mkdir()
    hook = "true" if find_spec("pre_commit") is None else f"exec '{sys.executable}' -m pre_commit"
    for name, what in (
        ("robaudit", f"exec '{sys.executable}' -m robaudit"),
        ("pre-commit", hook),
        ("pip", "true"),
    ):
        (programs / name).write_text(f'#!/bin/sh\n{what} "$@"\n')
        (programs / name).chmod(0o755)
    shutil.copy(DIGITS, repository / "model.onnx")
    with np.load(EXAMPLES / "digits.npz") as arrays:
        images, labels = (arrays[name][:300] for name in ("x_test", "y_test"))
    np.savez(repository / "images.npz", images=images, labels=labels)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    for whose in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{whose}_NAME", "nobody")
        monkeypatch.setenv(f"GIT_{whose}_EMAIL", "nobody@localhost")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.chdir(repository)
    subprocess.run(["git", "init", "--quiet"], check=True)
    return repository


def test_commands_do_what_is_said_of_them(repository: Path) -> None:
    """All of them, in their order, in one repository."""
    for command in COMMANDS:
        done = subprocess.run(
            ["bash", "-e", "-c", command], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, command + done.stdout + done.stderr
    for name in ("with-attacks.toml", "robaudit.sarif", "robaudit.junit", "robaudit.md"):
        assert (repository / name.replace(".junit", ".xml")).is_file()
    verdict = read_record()["verdict"]
    assert verdict["outcome"] == "pass"
    assert verdict["baseline"]["file"] == "robaudit-baseline.npz"
    committed = subprocess.run(
        ["git", "ls-files"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert sorted(committed) == sorted(
        [".gitignore", "images.npz", "model.onnx", "robaudit-baseline.npz", "robaudit.toml"]
    )


@pytest.mark.parametrize("block", blocks_in(DOCUMENT, "toml"))
def test_gates_and_what_lets_them_be_are_read(
    block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("robaudit.toml").write_text(block)
    settings = read_settings("scan")
    assert len(settings.gates) + len(settings.suppressions) == block.count("[[")


@pytest.mark.parametrize("block", FILES, ids=lambda block: block.split(":")[0])
def test_files_of_hosts_are_what_they_take(block: str, tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(block)
    if "repos:" in block:
        if find_spec("pre_commit") is None:
            pytest.skip("no pre-commit")
        command = [sys.executable, "-m", "pre_commit", "validate-config", str(path)]
        subprocess.run(command, check=True)
    else:
        check_vendored("github-workflows" if "jobs:" in block else "gitlab-ci", path)


def read_yaml(path: Path) -> Any:
    yaml = pytest.importorskip("yaml", reason="no PyYAML")
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_action_is_asked_for_what_it_has(text: str) -> None:
    """Its inputs in the table, and what workflows give it and take from it."""
    action = read_yaml(ROOT / "action.yml")
    for name, of in action["inputs"].items():
        default = f"`{of['default']}`" if of.get("default") else ""
        given = "must be given" if of.get("required") else default
        row = f"| `{name}` | {of['description']} | {given} |"
        assert row in text, f"{DOCUMENT} wants this row: {row}"
    for block in (one for one in FILES if "jobs:" in one):
        (inputs,) = re.findall(r"robaudit@COMMIT\n +with:\n((?: {10,}.*\n)+)", block)
        assert set(re.findall(r"^ {10}([a-z-]+):", inputs, re.MULTILINE)) <= set(action["inputs"])
        assert set(re.findall(r"outputs\.([a-z-]+)", block)) <= set(action["outputs"])
    for name in action["outputs"]:
        assert f"`{name}`" in text


def test_the_template_and_the_hook_have_what_is_set(text: str) -> None:
    template = read_yaml(ROOT / "ci/gitlab/robaudit.gitlab-ci.yml")[".robaudit"]
    assert set(re.findall(r"^ +(ROBAUDIT_\w+):", text, re.MULTILINE)) <= set(template["variables"])
    (hook,) = read_yaml(ROOT / ".pre-commit-hooks.yaml")
    assert f"- id: {hook['id']}\n" in text


def test_exit_codes_are_those_that_there_are(text: str) -> None:
    table = re.findall(r"^\| (\d+) \| (\w+)", text, re.MULTILINE)
    assert {int(code) for code, _ in table} == {int(code) for code in ExitCode}
    assert dict(table)["4"] == "inconclusive"


def test_commands_measured_are_understood(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (command,) = re.findall(r"Measured by `robaudit ([^`]+)`", text)
    assert main([*command.split(), "--show-config"]) == 0
    assert 'effort = "quick"' in capsys.readouterr().out
