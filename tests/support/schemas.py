"""Checking of records: by the published JSON Schemas, and as robaudit does it."""

import json
import os
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator, Draft202012Validator
from referencing import Registry, Resource

from robaudit.record import check_record
from tests.support.paths import ROOT


@cache
def load_schema(kind: str = "audit") -> dict[str, Any]:
    """Load a schema that ships with the reports: "audit" or "comparison"."""
    text = files("robaudit_report").joinpath(f"{kind}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@cache
def make_validator(kind: str = "audit") -> Draft202012Validator:
    """Make what checks against a schema, and against those that it refers to."""
    audit = Resource.from_contents(load_schema("audit"))
    registry: Registry[Any] = Registry().with_resource("audit.schema.json", audit)
    return Draft202012Validator(load_schema(kind), registry=registry)


def validate(record: Any) -> None:
    """Fail for a record that its schema, or robaudit, would refuse."""
    kind = "comparison" if record.get("kind") == "comparison" else "audit"
    make_validator(kind).validate(record)
    check_record(record)


@cache
def sarif_validator() -> Draft4Validator:
    """Make what checks logs by SARIF's own schema, which npm has; skip where it is not there."""
    folder = Path(os.environ.get("ROBAUDIT_NODE_MODULES", ROOT / ".venv/node_modules"))
    for path in folder.glob("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0*.json"):
        return Draft4Validator(json.loads(path.read_text(encoding="utf-8")))
    pytest.skip("no schema of SARIF: `make setup` takes it from npm, where there is one")
