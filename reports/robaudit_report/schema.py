"""The published JSON Schemas of records and comparisons, and checking against them."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from robaudit.errors import RecordError
from robaudit_report.comparison_schema import check_comparison


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
    """Raise RecordError, naming the first place that is wrong, for what is no record.

    Takes the records of audits, and comparisons of two.
    """
    if isinstance(record, dict) and record.get("kind") == "comparison":
        _validate_comparison(record)
    else:
        matrices, rest = _without_matrices(record)
        _check_schema("audit", rest)
        _check_audit(record, matrices)


def _validate_comparison(record: dict[str, Any]) -> None:
    parts = {name: _without_matrices(record.get(name)) for name in ("before", "after")}
    rest = {name: rest for name, (_, rest) in parts.items() if name in record}
    _check_schema("comparison", {**record, **rest})
    for name, (matrices, _) in parts.items():
        _check_audit(record[name], matrices, f"{name}.")
    check_comparison(record)


_KINDS = {
    "audit": ("no audit record", "an audit.json written by robaudit, schema 1"),
    "comparison": ("no comparison", "a comparison.json written by robaudit, schema 1"),
}


def _check_schema(kind: str, record: Any) -> None:
    found, expected = _KINDS[kind]
    for error in make_validator(kind).iter_errors(record):
        place = "".join(f"[{part!r}]" for part in error.absolute_path) or "the whole"
        raise RecordError(f"{found}: {place} is wrong ({error.message[:200]})", expected=expected)


def _check_audit(record: Any, matrices: dict[str, Any], where: str = "") -> None:
    """Check of a record what the schema cannot; ``where`` stands before the places named."""
    classes = record["model"]["classes"]
    for name, matrix in matrices.items():
        if not _is_matrix(matrix, classes):
            raise RecordError(
                f"no audit record: {where}margins.{name} is wrong",
                expected=f"{classes} rows of {classes} numbers, 0 or more",
            )
    for section, name in _ONE_PER_CLASS:
        if len(record[section][name]) != classes:
            raise RecordError(
                f"no audit record: {where}{section}.{name} has {len(record[section][name])} "
                "entries",
                expected=f"{classes}, one a class",
            )
    _check_attacks(record, classes, where)


def _check_attacks(record: Any, classes: int, where: str) -> None:
    """Check of attacks what the schema cannot: lists that must be as long as each other."""
    for number, attack in enumerate(record["attacks"]):
        if len(attack["per_class"]) != (0 if attack["skipped"] else classes):
            raise RecordError(
                f"no audit record: {where}attacks[{number}].per_class has "
                f"{len(attack['per_class'])} entries",
                expected=f"{classes}, one a class, or none where the attack did not run",
            )
    for number, curve in enumerate(record.get("curves", [])):
        if len(curve["strengths"]) != len(curve["accuracy"]):
            raise RecordError(
                f"no audit record: {where}curves[{number}].accuracy has "
                f"{len(curve['accuracy'])} entries",
                expected=f"{len(curve['strengths'])}, one a strength",
            )
    for name, index in _classes_named(record):
        if index >= classes:
            raise RecordError(
                f"no audit record: {where}{name} names class {index}",
                expected=f"a class from 0 to {classes - 1}",
            )


def _classes_named(record: Any) -> Iterator[tuple[str, int]]:
    closest = record.get("closest") or {"per_class": [], "disagreeing": []}
    for one in closest["per_class"]:
        yield "closest.per_class", one["class"]
    for index in closest["disagreeing"]:
        yield "closest.disagreeing", index
    for one in record.get("attack_gallery", []):
        yield "attack_gallery", max(one["origin"], one["adjacent"])


_ONE_PER_CLASS = (
    ("clean", "per_class"),
    ("margins", "per_class"),
    ("inequality", "class_robustness"),
    ("inequality", "class_robustness_missing"),
    ("inequality", "adjacent_share"),
    ("inequality", "levels"),
)


def _without_matrices(record: Any) -> tuple[dict[str, Any], Any]:
    """Take the two matrices out of what the schema is to check: it is slow on a million cells."""
    margins = record.get("margins") if isinstance(record, dict) else None
    if not isinstance(margins, dict):
        return {}, record
    matrices = {name: margins[name] for name in _MATRICES if name in margins}
    return matrices, {**record, "margins": {**margins, **{name: [] for name in matrices}}}


def _is_matrix(matrix: Any, classes: int) -> bool:
    return (
        isinstance(matrix, list)
        and len(matrix) == classes
        and all(isinstance(row, list) and len(row) == classes for row in matrix)
        and all(
            cell is None or (isinstance(cell, int | float) and cell >= 0)
            for row in matrix
            for cell in row
        )
    )


_MATRICES = ("mean_matrix", "count_matrix")
