"""Settings from a file: ``robaudit.toml``, or ``[tool.robaudit]`` in ``pyproject.toml``.

Its keys are the long options of ``robaudit scan`` without their dashes in front,
and become arguments, so that they are checked as if they had been typed.
"""

import tomllib
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

from robaudit.commands.options.option import Option
from robaudit.errors import UsageError

_MOST_BYTES = 2**20

NEVER_SET = ("factory", "trust-model")
"""Options that let code run, which no file may set."""


def settings_arguments(
    path: Path, table: Mapping[str, Any], options: Mapping[str, Option], used: Container[str]
) -> list[str]:
    """Make command-line arguments of the settings in a file at ``path``.

    ``options`` are those that are known, by names such as "fail-under", ``used`` the names
    of those that the command takes.

    Raises UsageError for a name that is not known, and for a switch that is no switch.
    """
    arguments: list[str] = []
    for key, value in table.items():
        if key not in options:
            raise UsageError(
                f"{path} sets {key!r}",
                expected="names of options of robaudit scan, without the dashes in front",
                advice=_advice_on(key, options),
            )
        _check_kind(path, options[key], value)
        for item in _repeated(options[key], value) if key in used else ():
            if item is True:
                arguments.append(f"--{key}")
            elif item is not False:
                arguments.append(f"--{key}={item}")
    return arguments


def _check_kind(path: Path, option: Option, value: Any) -> None:
    # A flag without its value would take the model, which stands behind it, for one.
    items = value if isinstance(value, list) else [value]
    if option.is_switch and not isinstance(value, bool):
        raise UsageError(f"{path} sets {option.name} to {value!r}", expected="true or false")
    if not option.is_switch and any(isinstance(item, bool) for item in items):
        raise UsageError(
            f"{path} sets {option.name} to true or false",
            expected=f"a value: {option.metavar or ', '.join(map(str, option.choices or ()))}",
        )


def _advice_on(key: str, options: Container[str]) -> str:
    """Say what may be meant by a name that is not known."""
    hyphened = key.replace("_", "-")
    if hyphened in NEVER_SET:
        return f"Only the command line may say --{hyphened}, since it lets code run."
    return f"Write {hyphened}." if hyphened in options else ""


def find_settings(folder: Path) -> tuple[Path, dict[str, Any]]:
    """Find the settings that apply in a folder: their file, and what it says.

    Raises UsageError for a file that cannot be read.
    """
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
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError(f"more than {_MOST_BYTES:,} bytes")
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path} cannot be read: {error}", expected="a TOML file") from error


def _repeated(option: Option, value: Any) -> list[Any]:
    """Give the values that an option is to be given with, one after the other."""
    if not isinstance(value, list):
        return [value]
    if option.repeatable:
        return value
    return [",".join(str(item) for item in value)]
