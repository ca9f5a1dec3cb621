"""Checking of records: by the published JSON Schemas, and as robaudit does it."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from robaudit.record import check_record


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
