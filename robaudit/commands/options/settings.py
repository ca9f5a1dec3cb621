"""Settings from a file: ``robaudit.toml``, or ``[tool.robaudit]`` in ``pyproject.toml``.

Its keys are the long options of ``robaudit scan`` without their dashes in front,
and become arguments, so that they are checked as if they had been typed.
"""

import tomllib
from collections.abc import Container
from pathlib import Path
from typing import Any

from robaudit.errors import UsageError

_NEVER_SET = ("factory", "trust-model")
"""Options that let code run, which no file may set."""


def settings_arguments(folder: Path, options: Container[str], used: Container[str]) -> list[str]:
    """Read the settings that apply in a folder, as command-line arguments.

    ``options`` are the names that are known, such as "fail-under", ``used`` those that
    the command takes.

    Raises UsageError for a file that cannot be read or a name that is not known.
    """
    path, table = _find_table(folder)
    arguments: list[str] = []
    for key, value in table.items():
        if key not in options:
            raise UsageError(
                f"{path} sets {key!r}",
                expected="names of options of robaudit scan, without the dashes in front",
                advice=_advice_on(key, options),
            )
        for item in _repeated(key, value) if key in used else ():
            if item is True:
                arguments.append(f"--{key}")
            elif item is not False:
                arguments.append(f"--{key}={item}")
    return arguments


def _advice_on(key: str, options: Container[str]) -> str:
    """Say what may be meant by a name that is not known."""
    hyphened = key.replace("_", "-")
    if hyphened in _NEVER_SET:
        return f"Only the command line may say --{hyphened}, since it lets code run."
    return f"Write {hyphened}." if hyphened in options else ""


def _find_table(folder: Path) -> tuple[Path, dict[str, Any]]:
    own, shared = folder / "robaudit.toml", folder / "pyproject.toml"
    if own.is_file():
        return own, _read(own)
    if shared.is_file():
        tools = _read(shared).get("tool", {})
        table = tools.get("robaudit", {}) if isinstance(tools, dict) else {}
        if not isinstance(table, dict):
            raise UsageError(f"tool.robaudit in {shared} is no table", expected="a table")
        return shared, table
    return own, {}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path} cannot be read: {error}", expected="a TOML file") from error


def _repeated(key: str, value: Any) -> list[Any]:
    """Give the values that an option is to be given with, one after the other."""
    if not isinstance(value, list):
        return [value]
    if key == "fail-under":
        return value
    return [",".join(str(item) for item in value)]
