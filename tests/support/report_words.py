"""What is drawn of a comparison, and what it should say."""

import re
from html import unescape
from typing import Any

import msgspec

from robaudit import TextLayout
from robaudit.plugins import report_named
from robaudit.record.schema.comparison import DifferenceRecord
from robaudit_report.view.changes import mark

FORMATS = ["html", "text", "markdown"]
DIGITS = {"rms": 3, "sum": 2, "ratio": 3, "gini": 3}


def draw(name: str, comparison: Any, **layout: Any) -> str:
    compare = report_named(name).compare
    assert compare is not None
    return compare(comparison, TextLayout(**{"width": 200, **layout}))


def words(report: str) -> str:
    """Give what is read of a report: without tags, lines and rules of tables."""
    text = re.sub(r"<style>.*?</style>|<[^>]*>", " ", report, flags=re.DOTALL)
    return " ".join(re.sub(r"[|─]", " ", unescape(text)).replace("\\_", "_").split())


def written(unit: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{100 * value:.1f}%" if unit == "share" else f"{value:,.{DIGITS[unit]}f}"


def signed(unit: str, value: float) -> str:
    shown, digits = (100 * value, 1) if unit == "share" else (value, DIGITS[unit])
    return f"{shown:+,.{digits}f}" if shown else f"{0:.{digits}f}"


def p_value(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def figures_of(one: Any) -> list[str]:
    """List what a row says of a difference, in order."""
    unit = one["unit"]
    difference = signed(unit, one["difference"]) + (" points" if unit == "share" else "")
    return [written(unit, one["before"]), written(unit, one["after"]), difference]


def interval_of(one: Any) -> str:
    if one["low"] is None:
        return f"{signed(one['unit'], one['high'])} or less"
    if one["high"] is None:
        return f"{signed(one['unit'], one['low'])} or more"
    return f"{signed(one['unit'], one['low'])} to {signed(one['unit'], one['high'])}"


def mark_of(one: Any) -> str:
    return mark(msgspec.convert(one, DifferenceRecord))


def row_of(one: Any, title: str, name: str) -> str:
    """Write the row of a figure that has everything, as each format orders it."""
    cells = figures_of(one)
    p, adjusted = p_value(one["p_value"]), p_value(one["p_adjusted"])
    if name == "html":
        return " ".join([*cells, mark_of(one), interval_of(one), p, "adjusted", adjusted])
    return " ".join([title, *cells, interval_of(one), p, adjusted, mark_of(one)])
