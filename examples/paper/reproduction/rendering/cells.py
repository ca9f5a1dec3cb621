"""From numbers to text: the one place where a number is rounded, for every document alike."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from robaudit_report.svg import MINUS

NOTHING = "\N{EN DASH}"
_SCALES = {"share": 100, "points": 100}
_SUFFIXES = {"share": "%"}


@dataclass(frozen=True)
class Parts:
    """The texts of a cell; what is not there is empty."""

    value: str
    interval: str
    paper: str


def cell_text(cell: Mapping[str, Any] | None, unit: str) -> str:
    """Write a cell as plain text: the value, its interval, and the paper's number.

    >>> cell_text({"value": 0.512, "low": 0.48, "high": 0.54, "paper": 0.505}, "share")
    '51.2% [48.0, 54.0] · paper 50.5%'
    >>> cell_text({"value": 36.8, "low": None, "high": None, "paper": 2035.13}, "number")
    '36.8 · paper 2,035'
    """
    parts = cell_parts(cell, unit)
    ours = f"{parts.value} {parts.interval}".strip()
    return f"{ours} · paper {parts.paper}" if parts.paper else ours


def cell_parts(cell: Mapping[str, Any] | None, unit: str) -> Parts:
    """Write each part of a cell; an interval has as many decimals as its value."""
    if cell is None:
        return Parts(NOTHING, "", "")
    unit = cell.get("unit", unit)
    value, low, high, paper = (cell.get(key) for key in ("value", "low", "high", "paper"))
    interval = ""
    if value is not None and low is not None and high is not None:
        decimals = _decimals(value, unit)
        interval = f"[{_rounded(low, unit, decimals)}, {_rounded(high, unit, decimals)}]"
    text = cell.get("text")
    return Parts(
        number_text(value, unit) if text is None else text,
        interval if text is None else "",
        "" if paper is None else number_text(paper, unit),
    )


def number_text(value: float | None, unit: str) -> str:
    """Write a number in its unit.

    ``share`` and ``points`` (differences of shares, with their sign) count in hundredths,
    ``rms`` has three decimals, and any other unit about three significant digits;
    ``change`` is any other difference, with its sign.

    >>> [number_text(one, "number") for one in (36.15, 0.13, 2035.13, 255)]
    ['36.2', '0.130', '2,035', '255']
    >>> number_text(0.0002, "share"), number_text(0.0213, "points"), number_text(0.3811, "rms")
    ('0.02%', '+2.1', '0.381')
    """
    if value is None:
        return NOTHING
    return _rounded(value, unit, _decimals(value, unit)) + _SUFFIXES.get(unit, "")


def duration(seconds: float) -> str:
    """Write a time in the two units that matter.

    >>> duration(42.3), duration(754), duration(5400)
    ('42 s', '12 min 34 s', '1 h 30 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min"


def _decimals(value: float, unit: str) -> int:
    """Choose the decimals of a value; small shares get one more."""
    if unit == "share":
        return 2 if 0 < abs(value) < 0.01 else 1
    if unit in ("points", "rms"):
        return 1 if unit == "points" else 3
    if isinstance(value, int) or value == 0:
        return 0
    return min(3, max(0, 2 - math.floor(math.log10(abs(value)))))


def _rounded(value: float, unit: str, decimals: int) -> str:
    """Round to some decimals; what is above zero is never written as zero."""
    scaled = Decimal(repr(value)) * _SCALES.get(unit, 1)
    text = f"{abs(scaled):,.{decimals}f}"
    if unit in ("points", "change"):
        return f"{_sign(scaled)}{text}"
    if scaled > 0 and not any(digit in text for digit in "123456789"):
        return f"<{text[:-1]}1"
    return f"{MINUS}{text}" if scaled < 0 else text


def _sign(value: Decimal) -> str:
    if value == 0:
        return ""
    return "+" if value > 0 else MINUS
