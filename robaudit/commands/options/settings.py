"""Settings from a file: options of commands, gates, and what lets gates be.

Keys at the top are the long options of ``robaudit scan`` without their dashes in front, and
those of a section ``[scan]``, ``[harden]``, ... the options of that command alone. They become
arguments, so that they are checked as if they had been typed. ``preset``, ``[[gate]]`` and
``[[suppress]]`` say what is held against their results.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from robaudit.commands.options.option import Option
from robaudit.commands.options.parser import command_named
from robaudit.commands.options.settings_file import SettingsFile, find_settings
from robaudit.errors import UsageError
from robaudit.metrics.gates import Gate, Source
from robaudit.phrases import did_you_mean
from robaudit.verdict.gate_file import at, read_gates, word
from robaudit.verdict.presets import PRESETS, preset_gates, with_preset
from robaudit.verdict.suppression_file import Suppression, read_suppressions

NEVER_SET = ("factory", "trust-model", "engine")
"""Options that let code run, here or where an address leads, which no file may set."""

_TYPED_ALONE = ("config", "show-config")
SECTIONS = ("scan", "harden", "examples", "compare")
"""The commands that settings are for; what stands at the top is for all of them."""

_OF_SCAN_ALONE = ("out", "attacks")
"""What at the top is not for other commands: where results go, and what is costly."""

PRESET, GATE, SUPPRESS = "preset", "gate", "suppress"


@dataclass(frozen=True)
class Settings:
    """What a file, by its ``name``, sets for one command.

    ``values`` are those of its options, by their names, ``sources`` where each stands.
    """

    name: str = "no file"
    values: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    gates: tuple[Gate, ...] = ()
    suppressions: tuple[Suppression, ...] = ()


def read_settings(command: str, named: Path | None = None) -> Settings:
    """Read what the settings that apply (see `find_settings`) say of a command.

    Raises UsageError for a name that is not known, in whichever section, for a switch that is
    no switch, and for gates that cannot be followed.
    """
    file = find_settings(named)
    if file is None:
        return Settings()
    top = {key: value for key, value in file.table.items() if key not in _OTHER_KEYS}
    _check(file, top, "scan", ())
    for section in SECTIONS:
        _check(file, _section(file, section), section, (section,))
    used = set(settable(command)) - (set() if command == "scan" else set(_OF_SCAN_ALONE))
    values = {key: value for key, value in top.items() if key in used}
    sources = {key: file.source_of(key) for key in values}
    own = _section(file, command)
    values |= own
    sources |= {key: file.source_of(command, key) for key in own}
    gates = _gates(file)
    suppressions = read_suppressions(file.table.get(SUPPRESS, []), file.sources_of(SUPPRESS))
    return Settings(file.name, values, sources, tuple(gates), tuple(suppressions))


_OTHER_KEYS = (*SECTIONS, PRESET, GATE, SUPPRESS)


def settings_arguments(command: str, values: Mapping[str, Any]) -> list[str]:
    """Make command-line arguments of settings.

    >>> settings_arguments("scan", {"mean": [0.5, 0.4], "attack": ["fgsm", "pgd"], "quiet": True})
    ['--mean=0.5,0.4', '--attack=fgsm', '--attack=pgd', '--quiet']
    """
    options, arguments = command_named(command).all_options(), []
    for key, value in values.items():
        for item in _repeated(options[key], value):
            if item is True:
                arguments.append(f"--{key}")
            elif item is not False:
                arguments.append(f"--{key}={item}")
    return arguments


def settable(command: str) -> dict[str, Option]:
    """Give the options of a command that a file may set, by their names.

    Consent to run code is typed: a file that came with a repository must not give it.
    """
    options = command_named(command).all_options()
    return {key: of for key, of in options.items() if key not in (*NEVER_SET, *_TYPED_ALONE)}


def _gates(file: SettingsFile) -> list[Gate]:
    gates = read_gates(file.table.get(GATE, []), file.sources_of(GATE))
    source = file.source_of(PRESET)
    preset = word(file.table, PRESET, tuple(PRESETS), source)
    return with_preset(preset_gates(preset, source) if preset else [], gates)


def _section(file: SettingsFile, name: str) -> dict[str, Any]:
    table = file.table.get(name, {})
    if not isinstance(table, dict):
        raise UsageError(f"{name} in {file.name} is no table", expected=f"a section [{name}]")
    return table


def _check(
    file: SettingsFile, table: Mapping[str, Any], command: str, section: tuple[str, ...]
) -> None:
    options = settable(command)
    for key, value in table.items():
        where = at(file.source_of(*section, key))
        if key in options:
            _check_kind(where, options[key], value)
            continue
        others = "" if section else f", a section of {', '.join(SECTIONS)}, preset, gate, suppress"
        raise UsageError(
            f"{where} sets {key!r}",
            expected=f"names of options of robaudit {command}, without the dashes in front{others}",
            advice=_advice_on(key, [*options, *(() if section else _OTHER_KEYS)]),
        )


def _check_kind(where: str, option: Option, value: Any) -> None:
    # A flag without its value would take the model, which stands behind it, for one.
    items = value if isinstance(value, list) else [value]
    if option.is_switch and not isinstance(value, bool):
        raise UsageError(f"{where} sets {option.name} to {value!r}", expected="true or false")
    if not option.is_switch and any(isinstance(item, bool) for item in items):
        raise UsageError(
            f"{where} sets {option.name} to true or false",
            expected=f"a value: {option.metavar or ', '.join(map(str, option.choices or ()))}",
        )


def _advice_on(key: str, known: list[str]) -> str:
    """Say what may be meant by a name that is not known."""
    hyphened = key.replace("_", "-")
    if hyphened in (*NEVER_SET, *_TYPED_ALONE):
        why = ", since it lets code run" if hyphened in NEVER_SET else ""
        return f"Only the command line may say --{hyphened}{why}."
    return f"Write {hyphened}." if hyphened in known else did_you_mean(key, known)


def _repeated(option: Option, value: Any) -> list[Any]:
    """Give the values that an option is to be given with, one after the other."""
    if not isinstance(value, list):
        return [value]
    if option.repeatable:
        return value
    return [",".join(str(item) for item in value)]
