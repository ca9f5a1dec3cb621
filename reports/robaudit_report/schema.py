"""The published JSON Schema of the record, and checking records against it."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator

from robaudit.errors import RecordError


@cache
def load_schema() -> dict[str, Any]:
    """Load the schema that ships with the reports."""
    text = files("robaudit_report").joinpath("audit.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def validate(record: Any) -> None:
    """Raise RecordError, naming the first place that is wrong, for what is no record."""
    matrices, rest = _without_matrices(record)
    for error in Draft202012Validator(load_schema()).iter_errors(rest):
        place = "".join(f"[{part!r}]" for part in error.absolute_path) or "the whole"
        raise RecordError(
            f"no audit record: {place} is wrong ({error.message[:200]})",
            expected="an audit.json written by robaudit, schema 1",
        )
    classes = record["model"]["classes"]
    for name, matrix in matrices.items():
        if not _is_matrix(matrix, classes):
            raise RecordError(
                f"no audit record: margins.{name} is wrong",
                expected=f"{classes} rows of {classes} numbers, 0 or more",
            )
    for section, name in _ONE_PER_CLASS:
        if len(record[section][name]) != classes:
            raise RecordError(
                f"no audit record: {section}.{name} has {len(record[section][name])} entries",
                expected=f"{classes}, one a class",
            )
    _check_attacks(record, classes)


def _check_attacks(record: Any, classes: int) -> None:
    """Check of attacks what the schema cannot: lists that must be as long as each other."""
    for number, attack in enumerate(record["attacks"]):
        if len(attack["per_class"]) != (0 if attack["skipped"] else classes):
            raise RecordError(
                f"no audit record: attacks[{number}].per_class has {len(attack['per_class'])} "
                "entries",
                expected=f"{classes}, one a class, or none where the attack did not run",
            )
    for number, curve in enumerate(record.get("curves", [])):
        if len(curve["strengths"]) != len(curve["accuracy"]):
            raise RecordError(
                f"no audit record: curves[{number}].accuracy has {len(curve['accuracy'])} entries",
                expected=f"{len(curve['strengths'])}, one a strength",
            )
    for name, index in _classes_named(record):
        if index >= classes:
            raise RecordError(
                f"no audit record: {name} names class {index}",
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
