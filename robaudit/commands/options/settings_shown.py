"""What ``--show-config`` shows: every option's value, and where it is from."""

import argparse
import os
from collections.abc import Iterator, Mapping
from typing import Any

from robaudit.commands.options.parser import command_named
from robaudit.commands.options.settings import NEVER_SET, Settings, settable
from robaudit.commands.options.settings_file import VARIABLE
from robaudit.commands.options.toml_values import toml_value
from robaudit.metrics.gates import Gate
from robaudit.verdict.gate_file import at
from robaudit.verdict.suppression_file import Suppression

_WIDTH = 40


def shown(options: argparse.Namespace) -> str:
    """Write what holds for a command as TOML, each value with where it is from.

    What is typed comes before settings, but that what is repeatable adds to them.
    """
    return "".join(f"{line}\n" for line in _lines(options))


def _lines(options: argparse.Namespace) -> Iterator[str]:
    command, settings, typed = options.command, options.settings, options.typed
    named = options.config is None and os.environ.get(VARIABLE)
    yield f"# robaudit {command}, by {settings.name}{f' ({VARIABLE})' if named else ''}"
    yield f"[{command}]"
    known = command_named(command).all_options()
    for name in [*settable(command), *(name for name in NEVER_SET if name in typed)]:
        value, origin = _value(name, settings, typed)
        value = known[name].default if value is None else value
        if value in (None, [], False):
            yield f"# {name} is not set"
        else:
            yield f"{f'{name} = {toml_value(value)}':<{_WIDTH}} # {origin}"
    for gate in options.gates:
        yield from _gate(gate)
    for suppression in options.suppressions:
        yield from _suppression(suppression)


def _value(name: str, settings: Settings, typed: Mapping[str, Any]) -> tuple[Any, str]:
    own = settings.values.get(name)
    from_file = "default" if own is None else at(settings.sources[name])
    if name not in typed:
        return own, from_file
    if isinstance(typed[name], list) and own is not None:
        return [*(own if isinstance(own, list) else [own]), *typed[name]], f"{from_file}, and typed"
    return typed[name], "typed"


def _gate(gate: Gate) -> Iterator[str]:
    yield ""
    yield f"{'[[gate]]':<{_WIDTH}} # {at(gate.source) if gate.source else 'typed'}"
    said = {
        "metric": gate.figure.name,
        "attack": gate.attack,
        "class": gate.of_class,
        gate.bound: gate.threshold,
        "level": gate.level,
        "on-inconclusive": gate.on_inconclusive,
    }
    yield from (f"{key} = {toml_value(value)}" for key, value in said.items() if value is not None)


def _suppression(suppression: Suppression) -> Iterator[str]:
    yield ""
    source = suppression.source
    yield f"{'[[suppress]]':<{_WIDTH}} # {at(source) if source else 'typed'}"
    said = {
        "gate": suppression.gate,
        "class": suppression.of_class,
        "model": suppression.model,
        "until": suppression.until,
        "reason": suppression.reason,
    }
    yield from (f"{key} = {toml_value(value)}" for key, value in said.items() if value is not None)
