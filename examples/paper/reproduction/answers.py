"""What paired differences say: what is shown, and how large what is not shown can be."""

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
    "Gini": "the equality of the classes (Gini)",
}
_AGAINST_CONTROL = ("accuracy", "gradient attacks", "noise", "margin, all classes")
_LESS_IS_BETTER = ("Gini",)


def answers(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], seeds: int) -> list[str]:
    """Say what compensation does, in both comparisons, and what examples do beyond training."""
    cells = [dict(zip(columns, row["cells"], strict=True)) for row in rows]
    names = [row["name"] for row in rows]
    many = "one seed" if seeds == 1 else f"{seeds} seeds"
    end = (
        "" if seeds == 1 else f" {many.capitalize()}; intervals are not adjusted for their number."
    )
    found = []
    for place, how in ((0, "as the paper has it"), (1, "with as many examples")):
        said = "; ".join(verdict(who, name, cells[place][name]) for name, who in _WHO.items())
        found.append(f"Compensation, {how} ({names[place]}, {many}): {said}.{end}")
    control = "; ".join(
        f"{name} {effect(cells[2][name])}: {_shown(cells[2][name])}" for name in _AGAINST_CONTROL
    )
    found.append(
        f"Control: {names[2]}, what F.L. gives beyond going on training with as many plain "
        f"images, in points ({many}): {control}.{end}"
    )
    return found


def verdict(who: str, name: str, cell: Cell) -> str:
    """Say of one measure what an effect is, or how large one can be that is not shown."""
    low, high = cell["low"], cell["high"]
    if cell["value"] is None:
        return f"{who}: no number"
    if low is None:
        return f"{who} {effect(cell)}: one seed says nothing of chance"
    unit = cell.get("unit", "points")
    points = "" if unit == "change" else " points"
    if low <= 0 <= high:
        most = number_text(max(-low, high), unit).lstrip("+")
        return f"{who}: not shown ({effect(cell)}; effects above {most}{points} are excluded)"
    helps = (low > 0) != (name in _LESS_IS_BETTER)
    if name in _LESS_IS_BETTER:
        return f"it makes {who} {'better' if helps else 'worse'}, by {effect(cell)}{points}"
    size = number_text(abs(cell["value"]), unit).lstrip("+")
    return f"it {'adds' if helps else 'costs'} {who} {size}{points} {_interval(cell, unit)}"


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
    if cell["low"] <= 0 <= cell["high"]:
        return "not shown"
    return "a gain" if cell["low"] > 0 else "a loss"
