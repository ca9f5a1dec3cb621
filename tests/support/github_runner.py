"""What a runner of GitHub does with a composite action, as far as shells are concerned."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Step = Mapping[str, Any]
_EXPRESSION = re.compile(r"\$\{\{ (.*?) \}\}")


@dataclass
class Ran:
    """What came of the steps of an action: their outputs, and with what others were called.

    ``code`` is the exit status of the step that failed, 0 where none did; ``called`` has the
    resolved ``with`` of actions that were called, by their names without versions.
    """

    code: int = 0
    log: str = ""
    steps: dict[str, dict[str, str]] = field(default_factory=dict)
    called: dict[str, dict[str, str]] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)


def run_action(
    action: Mapping[str, Any],
    inputs: Mapping[str, str],
    workspace: Path,
    temporary: Path,
    *,
    environment: Mapping[str, str],
    called: Mapping[str, dict[str, str]],
) -> Ran:
    """Run an action in a workspace, until a step fails.

    ``called`` are the outputs of the actions that it calls, by the ids of their steps.
    """
    given = {name: str(of.get("default", "")) for name, of in action["inputs"].items()}
    ran = Ran(steps=dict(called))
    for number, step in enumerate(action["runs"]["steps"]):
        known = {f"inputs.{name}": value for name, value in {**given, **inputs}.items()}
        for name, outputs in ran.steps.items():
            known |= {f"steps.{name}.outputs.{key}": value for key, value in outputs.items()}
        if not _holds(step.get("if"), known):
            continue
        if "uses" in step:
            name = step["uses"].partition("@")[0]
            ran.called[name] = {k: _resolve(str(v), known) for k, v in step["with"].items()}
            continue
        output = temporary / f"output-{number}"
        output.write_text("")
        done = _run(step, known, workspace, temporary, output, environment)
        ran.log += done.stdout
        ran.steps[step.get("id", str(number))] = _read(output)
        if done.returncode:
            ran.code = done.returncode
            break
    for name, of in action["outputs"].items():
        expression = _EXPRESSION.fullmatch(of["value"])
        assert expression
        _, step_id, _, key = expression[1].split(".")
        ran.outputs[name] = ran.steps.get(step_id, {}).get(key, "")
    return ran


def _run(
    step: Step,
    known: Mapping[str, str],
    workspace: Path,
    temporary: Path,
    output: Path,
    environment: Mapping[str, str],
) -> "subprocess.CompletedProcess[str]":
    assert step["shell"] == "bash"
    script = temporary / "step.sh"
    script.write_text(_resolve(step["run"], known), encoding="utf-8")
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        cwd=workspace,
        env={
            **os.environ,
            **environment,
            "RUNNER_TEMP": str(temporary),
            "GITHUB_OUTPUT": str(output),
            **{name: _resolve(value, known) for name, value in step.get("env", {}).items()},
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _resolve(text: str, known: Mapping[str, str]) -> str:
    return _EXPRESSION.sub(lambda found: known.get(found[1], ""), text)


def _holds(condition: str | None, known: Mapping[str, str]) -> bool:
    """Evaluate comparisons with words in quotes, joined by "and"."""
    for one in condition.split(" && ") if condition else ():
        found = re.fullmatch(r"(\S+) (==|!=) '(.*)'", one)
        assert found, one
        if (known.get(found[1], "") == found[3]) != (found[2] == "=="):
            return False
    return True


def _read(output: Path) -> dict[str, str]:
    lines = output.read_text(encoding="utf-8").splitlines()
    return {name: value for name, _, value in (line.partition("=") for line in lines)}
