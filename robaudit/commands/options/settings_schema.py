"""The JSON Schema of settings files, made from the options; `make schema` writes it to a file."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from robaudit.attacks.catalogue import CATALOGUE
from robaudit.commands.options import values
from robaudit.commands.options.hardening import amount
from robaudit.commands.options.option import Option
from robaudit.commands.options.settings import GATE, PRESET, SECTIONS, SUPPRESS, settable
from robaudit.metrics.figures import ROBUST_ACCURACY
from robaudit.metrics.gates import GATEABLE, OF_A_CLASS, figure_named
from robaudit.record.plain import to_json
from robaudit.verdict import gate_file, suppression_file
from robaudit.verdict.gate_file import LEVELS, ON_INCONCLUSIVE, STRONGEST
from robaudit.verdict.presets import PRESETS

FILE = "settings.schema.json"
_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}
_SIZE = {"type": "integer", "minimum": 1}
_NUMBERS = {"type": "array", "items": _NUMBER, "minItems": 1}
_PAIR = {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2}
_OF_READER: dict[Callable[[str], Any] | None, list[dict[str, Any]]] = {
    values.numbers: [_NUMBER, _NUMBERS],
    values.pixel_range: [_PAIR],
    values.size: [{**_PAIR, "items": _SIZE}],
    values.shape: [_SIZE, {**_NUMBERS, "items": _SIZE}],
    amount: [{"type": "number", "minimum": 0}],
    values.positive: [{"type": "number", "exclusiveMinimum": 0}],
    values.share: [{"type": "number", "minimum": 0, "maximum": 1}],
    values.precision: [{"type": "number", "exclusiveMinimum": 0}],
    values.duration: [{"type": "number", "exclusiveMinimum": 0}],
    values.memory: [{"type": "number", "exclusiveMinimum": 0}],
}
"""What a value may be beside text that reads as it would when typed."""


def settings_schema() -> dict[str, Any]:
    """Make the schema of a settings file: what stands at its top, its sections and its gates."""
    sections = {
        name: {**_options(name), "description": f"Options of robaudit {name} alone."}
        for name in SECTIONS
    }
    top = _options("scan")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "robaudit settings",
        "description": "robaudit.toml, and [tool.robaudit] in pyproject.toml.",
        **top,
        "properties": {
            **top["properties"],
            **sections,
            PRESET: {"enum": list(PRESETS), "description": "Gates against the baseline."},
            GATE: {"type": "array", "items": _gate()},
            SUPPRESS: {"type": "array", "items": _suppression()},
        },
    }


def _options(command: str) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _option(option) for name, option in settable(command).items()},
    }


def _option(option: Option) -> dict[str, Any]:
    of_default = f" (default: {option.default})" if option.default is not None else ""
    told = (option.help or "").replace(" (default: %(default)s)", of_default).replace("%%", "%")
    return {**_value(option), **({"description": told} if told else {})}


def _value(option: Option) -> dict[str, Any]:
    if option.is_switch:
        return {"type": "boolean"}
    if option.choices is not None:
        return {"enum": list(option.choices)}
    if option.repeatable:
        return {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
    if option.metavar == "N" and option.read not in _OF_READER:
        return {"type": "integer", "minimum": 0}
    others = _OF_READER.get(option.read, [])
    if option.metavar == "NAMES":
        others = [{"type": "array", "items": {"type": ["string", "integer"]}}]
    return {"anyOf": [_TEXT, *others]} if others else _TEXT


def _gate() -> dict[str, Any]:
    """Make the schema of a gate: bounds that the better side of its figure has."""
    bounds = []
    for bound, better in (("min", "lower"), ("max", "higher")):
        refused = [name for name in GATEABLE if figure_named(name)[0].better == better]
        bounds.append(_if_metric(refused, {"properties": {bound: False}}))
    with_class = [name for name in GATEABLE if figure_named(name)[0] in OF_A_CLASS]
    others = [name for name in GATEABLE if name not in with_class]
    shares = [name for name in GATEABLE if figure_named(name)[0].unit in ("share", "gini")]
    not_attacked = [name for name in GATEABLE if name != ROBUST_ACCURACY.name]
    number = {"type": "number", "minimum": 0}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "metric": {"enum": list(GATEABLE)},
            "attack": {"enum": [STRONGEST, *CATALOGUE]},
            "class": {
                "type": ["string", "integer"],
                "minLength": 1,
                "description": "A class by its name or number, worst, or each.",
            },
            **dict.fromkeys(gate_file.BOUNDS, number),
            "level": {"enum": list(LEVELS), "default": "error"},
            "on-inconclusive": {"enum": list(ON_INCONCLUSIVE)},
        },
        "required": ["metric"],
        "anyOf": [{"required": [bound]} for bound in gate_file.BOUNDS],
        "allOf": [
            *bounds,
            _if_metric(others, {"properties": {"class": False}}),
            _if_metric(not_attacked, {"properties": {"attack": False}}),
            _if_metric(
                shares, {"properties": {bound: {"maximum": 1} for bound in gate_file.BOUNDS}}
            ),
        ],
    }


def _if_metric(names: list[str], then: dict[str, Any]) -> dict[str, Any]:
    return {"if": {"properties": {"metric": {"enum": names}}}, "then": then}


def _suppression() -> dict[str, Any]:
    text = {"type": "string", "pattern": r"\S"}
    of = dict.fromkeys(suppression_file.KEYS, text)
    day = {
        "type": "string",
        "format": "date",
        "description": "The last day; TOML's own dates are read too.",
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {**of, "class": {"type": ["string", "integer"]}, "until": day},
        "required": ["until", "reason"],
        "anyOf": [{"required": [key]} for key in suppression_file.ON],
    }


def main() -> None:
    """Write the schema to the folder named on the command line."""
    Path(sys.argv[1], FILE).write_text(to_json(settings_schema()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
