"""The file of settings that applies: ``robaudit.toml``, or another that was named."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robaudit.commands.options.toml_lines import line_of, lines_of_tables
from robaudit.errors import UsageError
from robaudit.metrics.gates import Source

VARIABLE = "ROBAUDIT_CONFIG"
"""The variable of the environment that names the file, where no option does."""

USUAL = "robaudit.toml"
_SHARED = "pyproject.toml"
_MOST_BYTES = 2**20


@dataclass(frozen=True)
class SettingsFile:
    """What a file says: its ``table`` of settings, which lies under ``prefix`` in its ``text``.

    ``name`` is its path, relative to the current folder.
    """

    name: str
    table: Mapping[str, Any]
    text: str = ""
    prefix: tuple[str, ...] = ()

    def sources_of(self, name: str) -> list[Source]:
        """Say where the tables of a list of them are written down, one for each."""
        tables = self.table.get(name, [])
        count = len(tables) if isinstance(tables, list) else 1
        lines = lines_of_tables(self.text, (*self.prefix, name))
        if len(lines) != count:  # written inline
            lines = [self.source_of(name).line] * count
        return [Source(self.name, line) for line in lines]

    def source_of(self, *path: str) -> Source:
        """Say where a setting is written down; in the first line if that cannot be told."""
        return Source(self.name, line_of(self.text, (*self.prefix, *path)) or 1)


def find_settings(named: Path | None = None) -> SettingsFile | None:
    """Read the file of settings that applies in the current folder, ``None`` without any.

    It is the one that is ``named``, by an option, else by the environment, else
    ``robaudit.toml``, else ``pyproject.toml`` where it has a table ``tool.robaudit``.
    Raises UsageError for one that cannot be read.
    """
    if named is None and os.environ.get(VARIABLE):
        named = Path(os.environ[VARIABLE])
    if named is not None:
        return _read(named)
    own, shared = Path(USUAL), Path(_SHARED)
    return _read(own) if own.is_file() else _read(shared) if shared.is_file() else None


def _read(path: Path) -> SettingsFile:
    name = _relative(path)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError(f"more than {_MOST_BYTES:,} bytes")
        text = path.read_text(encoding="utf-8-sig")
        table = tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{name} cannot be read: {error}", expected="a TOML file") from error
    if path.name != _SHARED:
        return SettingsFile(name, table, text)
    tools = table.get("tool", {})
    own = tools.get("robaudit", {}) if isinstance(tools, dict) else {}
    if not isinstance(own, dict):
        raise UsageError(f"tool.robaudit in {name} is no table", expected="a table")
    return SettingsFile(name, own, text, ("tool", "robaudit"))


def _relative(path: Path) -> str:
    """Name a file as seen from the current folder, with "/" between folders."""
    try:
        return Path(os.path.relpath(path)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()
