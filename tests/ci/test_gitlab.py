"""The template of GitLab, its script run with its variables as a job has them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.check_jsonschema import check_vendored
from tests.support.files import SMALL_SCAN, read_record
from tests.support.paths import DIGITS, EXAMPLES, ROOT

TEMPLATE = ROOT / "ci" / "gitlab" / "robaudit.gitlab-ci.yml"
NASTY = "-a 'model' $(touch pwned) \"`touch pwned`\"; touch pwned.onnx"

Job = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def template() -> Any:
    """The job, as it is read."""
    yaml = pytest.importorskip("yaml", reason="no PyYAML")
    return yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))[".robaudit"]


@pytest.fixture
def job(template: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """Give a function that runs the job on the demo, by a shell of a name."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(EXAMPLES / "digits.npz", "digits.npz")
    Path(".robaudit/bin").mkdir(parents=True)
    python = Path(".robaudit/bin/python")
    python.write_text(f"#!/bin/sh\nexec '{sys.executable}' \"$@\"\n")
    python.chmod(0o755)

    def run(shell: str, gate: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        arguments = "\n".join(["--data", "digits.npz", *SMALL_SCAN, "--fail-under", gate, ""])
        given = {**template["variables"], "ROBAUDIT_ARGUMENTS": arguments, **variables}
        shutil.copy(DIGITS, given["ROBAUDIT_MODEL"])
        return subprocess.run(
            [shell, "-e", "-c", "\n".join(template["script"])],
            env={**os.environ, **given},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_it_is_what_gitlab_takes() -> None:
    check_vendored("gitlab-ci", TEMPLATE)


@pytest.mark.parametrize(
    ("shell", "gate", "code"), [("sh", "accuracy=0.1", 0), ("bash", "crossing-rate=0.001", 1)]
)
def test_it_ends_as_robaudit_does_and_leaves_what_it_says(
    job: Job, template: Any, shell: str, gate: str, code: int
) -> None:
    done = job(shell, gate)
    assert done.returncode == code, done.stderr
    kept = template["artifacts"]
    assert kept["when"] == "always"
    for path in (*kept["paths"], kept["reports"]["junit"]):
        assert Path(path).is_file()


def test_names_are_names_whatever_they_say(job: Job) -> None:
    done = job("sh", "accuracy=0.1", ROBAUDIT_MODEL=NASTY)
    assert done.returncode == 0, done.stderr
    assert read_record()["model"]["name"] == NASTY
    assert not list(Path().glob("pwned*"))


def test_other_settings_are_read_and_an_error_is_one(job: Job) -> None:
    Path("other.toml").write_text('[[gate]]\nmetric = "crossing-rate"\nmax = 0.001\n')
    assert job("sh", "accuracy=0.1", ROBAUDIT_CONFIG="other.toml").returncode == 1
    done = job("sh", "accuracy=0.1", ROBAUDIT_BASELINE="no such file.npz")
    assert done.returncode == 2
    assert "no such file.npz" in done.stderr
