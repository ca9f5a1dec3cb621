"""What paired differences say: what is shown, and what is not."""

from collections.abc import Mapping, Sequence
from typing import Any

from reproduction.rendering import number_text
from reproduction.spread import Cell

_WHO = {
    "margin, all classes": "margins over all classes",
    "margin, vulnerable classes": "margins of the vulnerable classes",
    "margin, robust classes": "margins of the robust classes",
    "margin, worst class": "the margin of the worst class",
    "R": "R",
    "Gini": "the inequality of the classes (Gini)",
}
_AGAINST_CONTROL = ("accuracy", "gradient attacks", "noise", "margin, all classes")


def answers(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], seeds: int) -> list[str]:
    """Say what compensation does, in both comparisons, and what examples do beyond training."""
    cells = [dict(zip(columns, row["cells"], strict=True)) for row in rows]
    names = [row["name"] for row in rows]
    many = "one seed" if seeds == 1 else f"{seeds} seeds"
    end = " Intervals are not adjusted for their number." if seeds > 1 else ""
    found = [
        f"Compensation, {how} ({names[place]}, {many}, in points but for R): "
        f"{_effects(cells[place])}.{end}"
        for place, how in ((0, "as the paper has it"), (1, "with as many examples"))
    ]
    control = "; ".join(
        f"{name} {effect(cells[2][name])}: {_shown(cells[2][name])}" for name in _AGAINST_CONTROL
    )
    found.append(
        f"Control: {names[2]}, what F.L. gives beyond going on training with as many plain "
        f"images, in points ({many}): {control}.{end}"
    )
    return found


def _effects(cells: Mapping[str, Cell]) -> str:
    """Say what compensation does, and then what of it is not shown."""
    if all(cells[name]["low"] is None for name in _WHO):
        values = ", ".join(f"{who} {effect(cells[name])}" for name, who in _WHO.items())
        return f"one seed says nothing of chance; {values}"
    said = [f"it {change(who, cells[name])}" for name, who in _WHO.items() if is_shown(cells[name])]
    rest = [
        f"{who} {effect(cells[name])}" for name, who in _WHO.items() if not is_shown(cells[name])
    ]
    return "; ".join([*said, f"nothing is shown for {', '.join(rest)}"] if rest else said)


def is_shown(cell: Cell) -> bool:
    """Tell whether the interval of a difference excludes zero."""
    low, high = cell["low"], cell["high"]
    return low is not None and high is not None and not low <= 0 <= high


def change(what: str, cell: Cell) -> str:
    """Say how a difference changes something, with its interval.

    >>> change("the margins", {"value": 0.05, "low": 0.01, "high": 0.09, "paper": None})
    'adds 5.0 points [+1.0, +9.0] to the margins'
    """
    unit = cell.get("unit", "points")
    size = number_text(abs(cell["value"] or 0.0), unit).lstrip("+")
    size += "" if unit == "change" else " points"
    does, where = ("adds", "to") if (cell["value"] or 0.0) > 0 else ("takes", "from")
    return f"{does} {size} {_interval(cell, unit)} {where} {what}"


def effect(cell: Cell) -> str:
    """Write a difference with its interval."""
    unit = cell.get("unit", "points")
    return f"{number_text(cell['value'], unit)} {_interval(cell, unit)}".strip()


def _interval(cell: Cell, unit: str) -> str:
    if cell["low"] is None:
        return ""
    return f"[{number_text(cell['low'], unit)}, {number_text(cell['high'], unit)}]"


def _shown(cell: Cell) -> str:
    if cell["low"] is None:
        return "one seed says nothing of chance"
    return "not shown" if not is_shown(cell) else "a gain" if cell["low"] > 0 else "a loss"
