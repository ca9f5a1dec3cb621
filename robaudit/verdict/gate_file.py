"""``[[gate]]``: gates as they are written in a file."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from robaudit.attacks.catalogue import CATALOGUE
from robaudit.errors import UsageError
from robaudit.metrics.figures import ROBUST_ACCURACY, WORST_CLASS, Figure
from robaudit.metrics.gates import (
    EACH,
    GATEABLE,
    OF_A_CLASS,
    WORST,
    Bound,
    Gate,
    Level,
    OnInconclusive,
    Source,
    figure_named,
)
from robaudit.phrases import did_you_mean

BOUNDS: tuple[Bound, ...] = get_args(Bound)
LEVELS: tuple[Level, ...] = get_args(Level)
ON_INCONCLUSIVE: tuple[OnInconclusive, ...] = get_args(OnInconclusive)
KEYS = ("metric", "attack", "class", *BOUNDS, "level", "on-inconclusive")
STRONGEST = "strongest"
"""What may be said for an attack, and is meant where nothing is."""


def read_gates(tables: Any, sources: Sequence[Source]) -> list[Gate]:
    """Read ``[[gate]]`` tables, each written down at its source.

    One with two bounds is two gates. Raises UsageError for one that cannot be followed, and
    for the same gate twice.
    """
    gates: list[Gate] = []
    for table, source in zip(list_of_tables(tables, "gate", sources), sources, strict=True):
        gates += _read_gate(table, source)
    seen: dict[tuple[str, Level], Gate] = {}
    for gate in gates:
        first = seen.setdefault((gate.name, gate.level), gate)
        if first is not gate and gate.source and first.source:
            raise UsageError(
                f"{at(gate.source)}: gate {gate.name} was set in line {first.source.line} already",
                expected="one of the two, or one of them of another level",
            )
    return gates


def list_of_tables(tables: Any, name: str, sources: Sequence[Source]) -> list[Mapping[str, Any]]:
    """Check that what a file holds under a name are tables; raises UsageError."""
    if isinstance(tables, list) and all(isinstance(table, Mapping) for table in tables):
        return tables
    where = f"{at(sources[0])}: " if sources else ""
    raise UsageError(f"{where}{name} is no list of tables", expected=f"tables headed [[{name}]]")


def at(source: Source) -> str:
    """Say where something was written down: "robaudit.toml, line 3"."""
    return f"{source.file}, line {source.line}"


def check_keys(table: Mapping[str, Any], keys: Sequence[str], what: str, source: Source) -> None:
    """Raise UsageError for a key that ``what`` does not have."""
    for key in table:
        if key not in keys:
            raise UsageError(
                f"{at(source)}: a {what} with {key!r}",
                expected=", ".join(keys),
                advice=did_you_mean(key, keys),
            )


def word(table: Mapping[str, Any], key: str, allowed: Sequence[str], source: Source) -> str | None:
    """Give one of the words that are allowed, ``None`` where there is none; raises UsageError."""
    value = table.get(key)
    if value is None or value in allowed:
        return value
    raise UsageError(
        f"{at(source)}: {key} = {value!r}",
        expected="one of " + ", ".join(allowed),
        advice=did_you_mean(str(value), allowed),
    )


def _read_gate(table: Mapping[str, Any], source: Source) -> list[Gate]:
    check_keys(table, KEYS, "gate", source)
    name = word(table, "metric", GATEABLE, source)
    if name is None:
        raise UsageError(
            f"{at(source)}: a gate without a metric", expected="one of " + ", ".join(GATEABLE)
        )
    figure, of_name = figure_named(name)
    shared: dict[str, Any] = {
        "attack": _attack(table, figure, of_name, source),
        "of_class": _class(table, figure, source),
        "level": word(table, "level", LEVELS, source) or "error",
        "on_inconclusive": word(table, "on-inconclusive", ON_INCONCLUSIVE, source),
        "source": source,
    }
    gates = [
        Gate(figure, _threshold(table[bound], bound, figure, source),
             drop=bound == "max-drop", **shared)
        for bound in BOUNDS if bound in table
    ]  # fmt: skip
    if not gates:
        raise UsageError(
            f"{at(source)}: a gate on {name} without a bound", expected=" or ".join(_bounds(figure))
        )
    return gates


def _bounds(figure: Figure) -> tuple[Bound, Bound]:
    return ("min" if figure.better == "higher" else "max", "max-drop")


def _threshold(value: Any, bound: Bound, figure: Figure, source: Source) -> float:
    usual = _bounds(figure)
    if bound not in usual:
        raise UsageError(
            f"{at(source)}: {bound} on {figure.name}, of which {figure.better} is better",
            expected=f"{usual[0]}, the {'least' if usual[0] == 'min' else 'most'} that is allowed",
        )
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    most = 1.0 if figure.unit in ("share", "gini") else math.inf
    if not 0 <= number <= most or math.isinf(number):
        raise UsageError(
            f"{at(source)}: {bound} = {value!r} on {figure.name}",
            expected="a number from 0 to 1" if most == 1 else "a number, 0 or more",
        )
    return float(number)


def _attack(
    table: Mapping[str, Any], figure: Figure, of_name: str | None, source: Source
) -> str | None:
    """Give the attack that a gate is under: ``of_name`` where its metric says it."""
    attack = word(table, "attack", (STRONGEST, *CATALOGUE), source)
    if attack is not None and (of_name or figure != ROBUST_ACCURACY):
        raise UsageError(
            f"{at(source)}: attack on {of_name or figure.name}",
            expected=f"metric = {ROBUST_ACCURACY.name!r}",
        )
    return of_name or (None if attack == STRONGEST else attack)


def _class(table: Mapping[str, Any], figure: Figure, source: Source) -> str | None:
    value = table.get("class")
    if value is None:
        return None
    if figure not in OF_A_CLASS:
        of_all = figure.name.startswith(WORST_CLASS.name)
        raise UsageError(
            f"{at(source)}: class on {figure.name}, which is a figure of all classes",
            expected="one of " + ", ".join(of.name for of in OF_A_CLASS),
            advice="It is that of the worst class already: leave class out." if of_all else "",
        )
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise UsageError(
            f"{at(source)}: class = {value!r}", expected=f"the name of a class, {WORST} or {EACH}"
        )
    return str(value)
