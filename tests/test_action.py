"""The action of GitHub, its steps run as a runner runs them."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.check_jsonschema import check_vendored
from tests.support.files import SMALL_SCAN
from tests.support.github_runner import Ran, run_action
from tests.support.paths import DIGITS, EXAMPLES, ROOT

ACTION = ROOT / "action.yml"
SMALL = "\n".join(SMALL_SCAN)
PASSES, FAILS, UNSURE = "accuracy=0.1", "crossing-rate=0.001", "restricted-mean-margin=0.415"
NASTY = "-a 'model' $(touch pwned) \"`touch pwned`\" ${{ github.token }}; touch pwned.onnx"

Act = Callable[..., Ran]


@pytest.fixture(scope="session")
def action() -> Any:
    """The action, as it is read."""
    yaml = pytest.importorskip("yaml", reason="no PyYAML")
    return yaml.safe_load(ACTION.read_text(encoding="utf-8"))


def python_that(log: Path, makes: Path) -> None:
    """Write a Python that says what it is asked to install, and runs all else."""
    makes.write_text(
        f'#!/bin/sh\ncase "$1 $2" in\n'
        f'"-m venv") mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;\n'
        f"\"-m pip\") printf '%s\\n' \"$@\" >> '{log}' ;;\n"
        f"*) exec '{sys.executable}' \"$@\" ;;\nesac\n"
    )
    makes.chmod(0o755)


@pytest.fixture
def act(action: Any, tmp_path: Path) -> Act:
    """Give a function that runs the action on the demo in a folder of its own."""
    workspace, temporary = tmp_path / "workspace", tmp_path / "temp"
    workspace.mkdir()
    temporary.mkdir()
    shutil.copy(EXAMPLES / "digits.npz", workspace / "digits.npz")
    python_that(tmp_path / "installed", tmp_path / "python")

    def run(gate: str = PASSES, model: str = "model.onnx", **inputs: str) -> Ran:
        if model.endswith(".onnx"):
            shutil.copy(DIGITS, workspace / model)
        arguments = f"{SMALL}\n--fail-under\n{gate}\n\n"
        given = {"data": "digits.npz", "arguments": arguments, "model": model, **inputs}
        return run_action(
            action,
            {name.replace("_", "-"): value for name, value in given.items()},
            workspace,
            temporary,
            environment={
                "GITHUB_ACTIONS": "true",
                "GITHUB_ACTION_PATH": "/actions/robaudit",
                "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
            },
            called={"python": {"python-path": str(tmp_path / "python")}},
        )

    return run


def test_it_is_what_github_takes() -> None:
    check_vendored("github-actions", ACTION)


def test_nothing_is_written_into_a_shell(action: Any) -> None:
    scripts = [step["run"] for step in action["runs"]["steps"] if "run" in step]
    assert len(scripts) == 3
    assert not any("${{" in script for script in scripts)


def test_other_actions_are_named_by_a_commit() -> None:
    lines = [line for line in ACTION.read_text().splitlines() if " uses: " in line]
    assert len(lines) == 3
    for line in lines:
        name, _, rest = line.partition("uses: ")[2].partition("@")
        commit, _, version = rest.partition(" # v")
        assert len(bytes.fromhex(commit)) == 20
        assert name.startswith(("actions/", "github/"))
        assert version


@pytest.mark.parametrize(
    ("gate", "code", "verdict"),
    [(PASSES, 0, "pass"), (FAILS, 1, "fail"), (UNSURE, 4, "inconclusive")],
)
def test_the_verdict_comes_out_with_what_was_written(
    act: Act, tmp_path: Path, gate: str, code: int, verdict: str
) -> None:
    ran = act(gate, upload_sarif="true" if code else "false")
    assert ran.code == code, ran.log
    assert ran.outputs == {
        "verdict": verdict,
        "exit-code": str(code),
        "json": "robaudit-report/audit.json",
        "html": "robaudit-report/report.html",
        "sarif": "robaudit-report/robaudit.sarif",
        "junit": "robaudit-report/robaudit.xml",
    }
    for key in ("json", "html", "sarif", "junit"):
        assert (tmp_path / "workspace" / ran.outputs[key]).is_file()
    kept = ran.called["actions/upload-artifact"]
    assert kept["path"].split() == [ran.outputs["json"], ran.outputs["html"]]
    shown = ran.called.get("github/codeql-action/upload-sarif")
    assert shown == ({"sarif_file": ran.outputs["sarif"], "category": "robaudit"} if code else None)
    summary = (tmp_path / "summary.md").read_text()
    assert summary.startswith("## robaudit: model.onnx")
    assert ("::error " in ran.log) == (verdict == "fail")
    installed = (tmp_path / "installed").read_text().splitlines()
    assert installed[-2:] == ["--", "/actions/robaudit[onnx]"]


def test_what_a_repository_has_is_not_run(act: Act, tmp_path: Path) -> None:
    """Names are names, whatever they say, and its modules are not those of Python."""
    for name in ("json", "numpy", "robaudit"):
        (tmp_path / "workspace" / f"{name}.py").write_text("open('pwned', 'w')")
    ran = act(PASSES, NASTY, out="-o $(touch pwned)", artifact="")
    assert ran.outputs["verdict"] == "pass", ran.log
    record = json.loads((tmp_path / "workspace" / ran.outputs["json"]).read_text())
    assert record["model"]["name"] == NASTY
    assert not list(tmp_path.rglob("pwned*"))
    assert not ran.called.keys() - {"actions/setup-python"}


def test_what_was_there_before_is_no_result(act: Act, tmp_path: Path) -> None:
    """An error leaves no verdict, and no record of an older one."""
    results = tmp_path / "workspace" / "robaudit-report"
    results.mkdir()
    for name in ("audit.json", "report.html", "robaudit.sarif", "robaudit.xml"):
        (results / name).touch()
    ran = act(model="missing.pt2")
    assert ran.code == 2
    assert ran.outputs == {
        "verdict": "error",
        "exit-code": "2",
        **dict.fromkeys(("json", "html", "sarif", "junit"), ""),
    }
    assert ran.called.keys() == {"actions/setup-python"}


def test_outputs_cannot_be_made_up(act: Act) -> None:
    ran = act(FAILS, out="out\nverdict=pass")
    assert ran.code == 2
    assert not ran.outputs["verdict"]


def test_an_audit_without_gates_has_no_verdict_and_ends_well(act: Act, tmp_path: Path) -> None:
    ran = act(arguments=SMALL, robaudit="robaudit[torch]==9")
    assert (ran.code, ran.outputs["verdict"]) == (0, "none")
    assert (tmp_path / "installed").read_text().splitlines()[-1] == "robaudit[torch]==9"
