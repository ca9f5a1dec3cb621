"""What a test asks for: options of ``robaudit scan``, and gates, as Python writes them."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robaudit.commands.gates import parse_gate
from robaudit.commands.options.option import Option
from robaudit.commands.options.parser import command_named, make_parser
from robaudit.commands.options.settings import Settings, read_settings, settings_arguments
from robaudit.errors import UsageError
from robaudit.metrics.gates import Gate, Source
from robaudit.phrases import did_you_mean
from robaudit.verdict.gate_file import read_gates

_HEADINGS = ("data", "model and preprocessing", "search", "attacks")
_BESIDE = ("baseline", "decide", "config", "no-cache")
_GATES = "a dictionary such as {'accuracy': 0.9}, or a list of such as [[gate]] is in robaudit.toml"
_IN_PLACE = "MODEL"


@dataclass(frozen=True)
class Asked:
    """What to audit and how: a ``model`` and ``data`` are paths, or lie in memory.

    ``options`` are those of the command, with the gates and suppressions that apply.
    """

    model: object
    options: argparse.Namespace
    data: object = None

    @property
    def of_file(self) -> bool:
        """Whether the model is a file."""
        return isinstance(self.model, str | Path)


def askable() -> dict[str, Option]:
    """Give the options that a test may set, by their names: those that an audit depends on."""
    scan = command_named("scan")
    tables = [table for heading, table in scan.groups if heading in _HEADINGS]
    beside = [option for option in scan.all_options().values() if option.name in _BESIDE]
    return {option.destination: option for table in (*tables, beside) for option in table}


def ask(words: Mapping[str, Any], source: Source | None, effort: str | None = None) -> Asked:
    """Read what a test says; ``effort`` is that of all tests.

    For a verdict ``source`` says where the test stands, and gates are those of the settings
    where it has none; an audit alone has none. Raises UsageError for what cannot be followed.
    """
    words = {name: value for name, value in words.items() if value is not None}
    model, data = words.pop("model", None), words.pop("data", None)
    gates = None if source is None else words.pop("gates", None)
    if model is None:
        raise UsageError("no model", expected="model, a path or what robaudit.scan takes")
    if effort is not None:
        words["effort"] = effort
    _check(words)
    if isinstance(data, str | Path):
        words["data"], data = data, None
    config = words.pop("config", None)
    settings = read_settings("scan", None if config is None else Path(config))
    options = _parsed(settings, words)
    options.model = str(model) if isinstance(model, str | Path) else model
    options.gates = []
    if source is not None:
        options.gates = list(settings.gates) if gates is None else _read(gates, source)
    options.suppressions = settings.suppressions
    set_by_file = (name.replace("-", "_") for name in settings.values)
    options.given = frozenset((*set_by_file, *words))
    options.update_baseline = False  # tests look, and change nothing
    options.quiet, options.command_line = True, None
    return Asked(model, options, data)


def _parsed(settings: Settings, words: Mapping[str, Any]) -> argparse.Namespace:
    known = askable()
    said = {known[name].name: _plain(value) for name, value in words.items()}
    parser = make_parser()
    set_by_file = settings_arguments("scan", settings.values)
    try:
        parser.parse_args(["scan", *set_by_file, _IN_PLACE])
    except UsageError as error:
        raise UsageError(f"{settings.name}: {error}") from error
    arguments = settings_arguments("scan", said)
    return parser.parse_args(["scan", *set_by_file, *arguments, _IN_PLACE])


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _check(words: Mapping[str, Any]) -> None:
    known = askable()
    for name, value in words.items():
        if name not in known:
            near = did_you_mean(name.replace("_", "-"), [of.name for of in known.values()])
            raise UsageError(
                f"an audit with {name!r}",
                expected="model, data, gates and options of robaudit scan: " + ", ".join(known),
                advice=near.replace("-", "_"),
            )
        if known[name].is_switch and not isinstance(value, bool):
            raise UsageError(f"{name}={value!r}", expected="True or False")
        if not known[name].is_switch and isinstance(value, bool):
            raise UsageError(f"{name}={value!r}", expected="a value")


def _read(gates: object, source: Source) -> list[Gate]:
    """Read gates as ``--fail-under`` has them, or as a file has."""
    if isinstance(gates, Mapping):
        return [parse_gate(f"{name}={threshold}") for name, threshold in gates.items()]
    if not isinstance(gates, list | tuple) or not gates:
        raise UsageError(f"gates={gates!r}", expected=_GATES)
    return read_gates(list(gates), [source] * len(gates))
