"""The schemas that ship with the reports: JSON Schemas, and those of the types of records."""

from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from robaudit.record import to_json
from robaudit.record.schema.publish import make_schemas
from tests.support.schemas import load_schema


@pytest.mark.parametrize("kind", ["audit", "comparison"])
def test_the_schema_is_one(kind: str) -> None:
    schema = load_schema(kind)
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(schema)


def test_the_files_are_those_that_types_give() -> None:
    """`make schema` writes them."""
    made = {name: to_json(schema) + "\n" for name, schema in make_schemas().items()}
    folder = files("robaudit_report")
    published = {one.name for one in folder.iterdir() if one.name.endswith(".schema.json")}
    assert published - {"settings.schema.json"} == set(made)
    for name, content in made.items():
        assert folder.joinpath(name).read_text(encoding="utf-8") == content, name
