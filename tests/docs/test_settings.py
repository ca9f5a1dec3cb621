"""The page of the settings file: all keys, and examples that are read as they stand."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from robaudit.cli import main
from robaudit.commands.options.settings import SECTIONS, read_settings
from robaudit.commands.options.settings_schema import settings_schema
from robaudit.metrics.gates import GATEABLE, Source
from robaudit.verdict.presets import PRESETS, preset_gates
from tests.support.documents import blocks_in, shell_blocks
from tests.support.paths import ROOT

DOCUMENT = "docs/settings.md"
SCHEMA = settings_schema()
TOP = SCHEMA["properties"]
TABLES = (*SECTIONS, "preset", "gate", "suppress")


def form(schema: Mapping[str, Any]) -> str:
    """Say how a value is written.

    >>> form({"anyOf": [{"type": "string"}, {"type": "number"}]})
    'text, number'
    """
    if "enum" in schema:
        return ", ".join(f'`"{word}"`' for word in schema["enum"])
    if "anyOf" in schema:
        return ", ".join(form(one) for one in schema["anyOf"])
    kinds: list[str] = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    names = {"boolean": "`true`", "string": "text", "integer": "whole number", "array": "list"}
    return ", ".join(names.get(kind, kind) for kind in kinds)


def rows(properties: Mapping[str, Any], but: Mapping[str, Any] | tuple[str, ...]) -> Iterator[str]:
    for key, schema in properties.items():
        if key not in but:
            told = schema.get("description", "").replace("|", "\\|").replace("*", "\\*")
            yield f"| `{key}` | {form(schema)} | {told} |"


def wanted() -> list[str]:
    """List the rows that the page has to have."""
    own = [rows(TOP[section]["properties"], TOP) for section in SECTIONS]
    return [row for part in (rows(TOP, TABLES), *own) for row in part]


@pytest.fixture(scope="module")
def text() -> str:
    """The page."""
    return (ROOT / DOCUMENT).read_text(encoding="utf-8")


def test_every_option_has_its_row(text: str) -> None:
    missing = [row for row in wanted() if row not in text]
    assert not missing, f"{DOCUMENT} wants these rows:\n" + "\n".join(missing)


@pytest.mark.parametrize("table", ["gate", "suppress"])
def test_keys_of_gates_and_of_what_lets_them_be_are_told(text: str, table: str) -> None:
    """All of them, and no others."""
    section = re.split(r"^## ", text, flags=re.MULTILINE)
    (own,) = (one for one in section if one.startswith(f"`[[{table}]]`"))
    keys = re.findall(r"^\| `([a-z-]+)` \|", own, flags=re.MULTILINE)
    assert set(keys) == set(TOP[table]["items"]["properties"])


def test_no_option_is_told_that_there_is_not(text: str) -> None:
    keys = set(re.findall(r"^\| `([a-z0-9-]+)` \|", text, flags=re.MULTILINE))
    nested = (*SECTIONS, "gate", "suppress")
    known = {key for name in nested for key in TOP[name].get("items", TOP[name])["properties"]}
    assert keys <= {*TOP, *known}


def test_metrics_and_presets_are_told(text: str) -> None:
    for name in GATEABLE:
        assert f"`{name}`" in text, name
    for name in PRESETS:
        assert f'"{name}"`' in text
        for gate in preset_gates(name, Source("robaudit.toml", 1)):
            assert f"`{gate.name}`" in text


@pytest.mark.parametrize("block", blocks_in(DOCUMENT, "toml"), ids=lambda block: block[:30])
def test_examples_are_read(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By robaudit, and by the schema that is published."""
    monkeypatch.chdir(tmp_path)
    Path("robaudit.toml").write_text(block, encoding="utf-8")
    settings = read_settings("scan")
    assert settings.values or settings.gates or settings.suppressions
    table = tomllib.loads(block)
    jsonschema.validate(_plain(table), SCHEMA)


def _plain(value: Any) -> Any:
    """Write days as text: JSON has none."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float) else value.isoformat()


def test_what_holds_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("robaudit.toml").write_text(blocks_in(DOCUMENT, "toml")[0], encoding="utf-8")
    (command,) = [line for line in shell_blocks(DOCUMENT) if "--show-config" in line]
    assert main(command.split()[1:]) == 0
    assert "# robaudit.toml, line " in capsys.readouterr().out
