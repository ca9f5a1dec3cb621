"""The page on more than one machine: its commands run, its files are what their hosts take."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from robaudit.cli import main
from tests.support.check_jsonschema import check_vendored
from tests.support.documents import blocks_in
from tests.support.files import read_record
from tests.support.paths import DIGITS, EXAMPLES

DOCUMENT = "docs/scale.md"
CONSOLE = [line[2:] for block in blocks_in(DOCUMENT, "console") for line in block.splitlines()]
SCAN, MERGE = blocks_in(DOCUMENT, "slurm")
JOB, WORKFLOW = blocks_in(DOCUMENT, "yaml")

_NAMED = {"type": "object", "required": ["name"]}
_INDEXED_JOB = {
    "type": "object",
    "additionalProperties": False,
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
        "apiVersion": {"const": "batch/v1"},
        "kind": {"const": "Job"},
        "metadata": _NAMED,
        "spec": {
            "additionalProperties": False,
            "required": ["completionMode", "completions", "template"],
            "properties": {
                "completionMode": {"const": "Indexed"},
                **{
                    name: {"type": "integer", "minimum": 1}
                    for name in ("completions", "parallelism", "backoffLimit")
                },
                "template": {
                    "additionalProperties": False,
                    "properties": {
                        "spec": {
                            "additionalProperties": False,
                            "required": ["containers", "restartPolicy"],
                            "properties": {
                                "restartPolicy": {"enum": ["Never", "OnFailure"]},
                                "volumes": {"type": "array", "items": _NAMED},
                                "containers": {
                                    "type": "array",
                                    "items": {
                                        **_NAMED,
                                        "additionalProperties": False,
                                        "properties": {
                                            "name": {"type": "string"},
                                            "image": {"type": "string"},
                                            "workingDir": {"type": "string"},
                                            "command": {"items": {"type": "string"}},
                                            "args": {"items": {"type": "string"}},
                                            "resources": {
                                                "propertyNames": {"enum": ["requests", "limits"]}
                                            },
                                            "volumeMounts": {
                                                "items": {"required": ["name", "mountPath"]}
                                            },
                                        },
                                    },
                                },
                            },
                        }
                    },
                },
            },
        },
    },
}
"""Of batch/v1 what the page uses."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model and images, where robaudit is found, and does little."""
    programs, work = tmp_path / "programs", tmp_path / "work"
    programs.mkdir()
    work.mkdir()
    program = programs / "robaudit"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m robaudit \"$@\"\n")
    program.chmod(0o755)
    shutil.copy(DIGITS, work / "model.onnx")
    with np.load(EXAMPLES / "digits.npz") as arrays:
        images, labels = (arrays[name][:60] for name in ("x_test", "y_test"))
    np.savez(work / "images.npz", images=images, labels=labels)
    (work / "robaudit.toml").write_text("[scan]\nsamples = 20\ndirections = 6\nsteps = 10\n")
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(work)
    return work


def ran(script: str, **variables: str) -> None:
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **variables},
    )
    assert done.returncode == 0, script + done.stdout + done.stderr


def test_parts_are_done_and_merged_as_said(here: Path) -> None:
    for command in CONSOLE:
        assert main(shlex.split(command)[1:]) == 0
    assert read_record()["plan"]["samples"] == 20
    assert sorted(path.name for path in (here / "parts/1").iterdir()) == [
        "shard.blocks",
        "shard.json",
    ]


@pytest.mark.usefixtures("here")
def test_what_slurm_runs_does_a_part_and_merges_it() -> None:
    ran(SCAN, SLURM_ARRAY_TASK_ID="1", SLURM_ARRAY_TASK_COUNT="1")
    ran(MERGE)
    assert read_record()["plan"]["samples"] == 20


@pytest.mark.usefixtures("here")
def test_an_indexed_job_of_kubernetes_does_the_last_part_last() -> None:
    yaml = pytest.importorskip("yaml", reason="no PyYAML")
    job: Any = yaml.safe_load(JOB)
    jsonschema.validate(job, _INDEXED_JOB)
    spec = job["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    volumes = {volume["name"] for volume in spec["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
    assert container["command"] == ["bash", "-c"]
    (script,) = container["args"]
    completions = job["spec"]["completions"]
    assert f'/{completions}"' in script
    ran(script, JOB_COMPLETION_INDEX=str(completions - 1))
    assert Path(f"parts/{completions}/shard.json").is_file()


def test_the_workflow_is_one_and_shares_are_as_many_as_its_matrix(tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml", reason="no PyYAML")
    path = tmp_path / "audit.yaml"
    path.write_text(WORKFLOW)
    check_vendored("github-workflows", path)
    workflow: Any = yaml.safe_load(WORKFLOW)
    numbers = workflow["jobs"]["shard"]["strategy"]["matrix"]["shard"]
    assert numbers == list(range(1, len(numbers) + 1))
    assert f'}}}}/{len(numbers)}"' in WORKFLOW
