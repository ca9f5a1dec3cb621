"""Files held to the schemas of their hosts, which come with check-jsonschema."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest


def check_vendored(schema: str, *files: Path) -> None:
    """Hold files to a schema by its name, such as "gitlab-ci"; skip where there is none."""
    if find_spec("check_jsonschema") is None:
        pytest.skip("no check-jsonschema")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
