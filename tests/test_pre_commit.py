"""The hook of pre-commit: what it says, what it runs, and that it does so before a push."""

import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from robaudit.cli import main
from tests.support.files import SMALL_SCAN, read_record
from tests.support.paths import DIGITS, EXAMPLES, ROOT

MANIFEST = ROOT / ".pre-commit-hooks.yaml"
SETTINGS = """\
data = "digits.npz"
[scan]
samples = 20
directions = 6
[[gate]]
metric = "{metric}"
{bound}
"""


@pytest.fixture(scope="module")
def hook() -> Any:
    """The hook, as it is read."""
    yaml = pytest.importorskip("yaml", reason="no PyYAML")
    (one,) = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    return one


def pre_commit(*arguments: str, folder: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    if find_spec("pre_commit") is None:
        pytest.skip("no pre-commit")
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def test_it_is_what_pre_commit_takes() -> None:
    done = pre_commit("validate-manifest", str(MANIFEST))
    assert done.returncode == 0, done.stdout


def test_it_runs_before_a_push_on_models_that_are_pushed(hook: Any) -> None:
    assert hook["id"] == "robaudit"
    assert hook["stages"] == ["pre-push"]
    assert [bool(re.search(hook["files"], name)) for name in ("a/b.onnx", "b.npz")] == [True, False]


def test_what_it_runs_is_understood_and_held_against_gates(
    hook: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(EXAMPLES / "digits.npz", "digits.npz")
    command, *arguments = shlex.split(hook["entry"])
    assert command == "robaudit"
    for metric, bound, code in (("accuracy", "min = 0.1", 0), ("crossing-rate", "max = 0.001", 1)):
        Path("robaudit.toml").write_text(SETTINGS.format(metric=metric, bound=bound))
        assert main([*arguments, *SMALL_SCAN, DIGITS]) == code
        assert ("robaudit: " in capsys.readouterr().err) == bool(code)
    assert read_record(Path("robaudit-report/pre-push"))["plan"]["samples"] == 20


@pytest.mark.slow
def test_it_is_installed_and_run_from_a_clone(tmp_path: Path) -> None:
    """All of it: robaudit is installed from the clone, from whatever index pip has here."""
    hooks, repository = tmp_path / "robaudit", tmp_path / "repository"
    git(tmp_path, "clone", "--quiet", str(ROOT), str(hooks))
    repository.mkdir()
    git(repository, "init", "--quiet")
    for name in ("digits.onnx", "digits.npz"):
        shutil.copy(EXAMPLES / name, repository / name)
    for metric, bound, code in (("accuracy", "min = 0.1", 0), ("crossing-rate", "max = 0.001", 1)):
        (repository / "robaudit.toml").write_text(SETTINGS.format(metric=metric, bound=bound))
        git(repository, "add", "--all")
        git(repository, "commit", "--quiet", "--message", "A model")
        tried = ("try-repo", str(hooks), "robaudit", "--all-files", "--hook-stage", "pre-push")
        done = pre_commit(*tried, folder=repository)
        assert done.returncode == code, done.stdout + done.stderr
        record = read_record(repository / "robaudit-report" / "pre-push")
        assert record["verdict"]["outcome"] == ("fail" if code else "pass")
