"""The JSON Schemas of records, made from their types; `make schema` writes them to files."""

import sys
from pathlib import Path
from typing import Any

import msgspec

from robaudit.record.plain import to_json
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.comparison import ComparisonRecord

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_AUDIT = "audit.schema.json"
_ATTACKS_HAVE_A_PLAN = {
    "if": {
        "anyOf": [
            {"properties": {name: {"minItems": 1}}, "required": [name]}
            for name in ("attacks", "curves")
        ]
    },
    "then": {"required": ["attack_plan"], "properties": {"attack_plan": {"type": "object"}}},
}
"""What `check_audit` looks at beyond types, and a schema can say."""


def make_schemas() -> dict[str, dict[str, Any]]:
    """Make the schema of audits and that of comparisons, by the names of their files.

    The second refers to the first for what they share.
    """
    audit = _components(AuditRecord)
    comparison = _components(ComparisonRecord)
    own = {name: part for name, part in comparison.items() if name not in audit}
    return {
        _AUDIT: {
            **_document("robaudit audit record", AuditRecord, audit),
            **_ATTACKS_HAVE_A_PLAN,
        },
        "comparison.schema.json": _referring(
            _document("robaudit comparison", ComparisonRecord, own), set(audit)
        ),
    }


def _components(kind: type[msgspec.Struct]) -> dict[str, Any]:
    _, components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    one_line: dict[str, Any] = _with_plain_descriptions(components)
    return one_line


def _with_plain_descriptions(schema: Any) -> Any:
    """Take the line breaks of docstrings out of descriptions."""
    if isinstance(schema, list):
        return [_with_plain_descriptions(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: " ".join(item.split())
        if name == "description" and isinstance(item, str)
        else _with_plain_descriptions(item)
        for name, item in schema.items()
    }


def _document(title: str, kind: type[msgspec.Struct], parts: dict[str, Any]) -> dict[str, Any]:
    """Put the whole in front, and what it is made of behind."""
    rest = {name: part for name, part in parts.items() if name != kind.__name__}
    return {"$schema": _DIALECT, **parts[kind.__name__], "title": title, "$defs": rest}


def _referring(schema: Any, elsewhere: set[str]) -> Any:
    """Let references to parts of the audit's schema lead there."""
    if isinstance(schema, list):
        return [_referring(item, elsewhere) for item in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {name: _referring(item, elsewhere) for name, item in schema.items()}
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    if name == AuditRecord.__name__:
        changed["$ref"] = _AUDIT
    elif name in elsewhere:
        changed["$ref"] = f"{_AUDIT}#/$defs/{name}"
    return changed


def main() -> None:
    """Write both schemas to the folder named on the command line."""
    folder = Path(sys.argv[1])
    for name, schema in make_schemas().items():
        (folder / name).write_text(to_json(schema) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
