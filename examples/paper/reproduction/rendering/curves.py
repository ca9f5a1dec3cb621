"""Curves with bands: what a figure of the kind ``curves`` shows, as SVG."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from reproduction.rendering.cells import number_text
from reproduction.rendering.look import SERIES
from robaudit_report import svg

_WIDTH, _PLOT_HEIGHT = 450, 205
_LEFT, _TOP, _RIGHT, _BOTTOM = 46, 30, 14, 46
_LABEL, _SPACING = 12, 17
_SWATCH = 26
_WIDEST_LABEL = 130
"""Longer names stand below the plot, not beside the ends of their lines."""


_VALUES = ("y", "low", "high")

Series = Mapping[str, Any]


@dataclass(frozen=True)
class _Frame:
    """The ranges of both axes, and where the plot ends on the right."""

    x: tuple[float, float]
    y: tuple[float, float]
    right: float

    def across(self, value: float) -> float:
        low, high = self.x
        return _LEFT + (self.right - _LEFT) * (value - low) / ((high - low) or 1)

    def down(self, value: float) -> float:
        low, high = self.y
        return _TOP + _PLOT_HEIGHT * (1 - (value - low) / ((high - low) or 1))


def draw(figure: Mapping[str, Any], known: Sequence[str] = ()) -> svg.Drawing:
    """Draw all series over the same axes; ``known`` names look the same in every figure."""
    series, unit = figure["series"], figure["y"].get("unit", "number")
    names = max((svg.text_width(one["name"], _LABEL) for one in series), default=0.0)
    beside = names <= _WIDEST_LABEL and all(points(one) for one in series)
    frame = _Frame(
        _across([x for one in series for x, _ in points(one)]),
        _down([y for one in series for key in _VALUES for _, y in points(one, key)], unit),
        _WIDTH - (names + _SWATCH + _RIGHT + 8 if beside else _RIGHT),
    )
    height = _TOP + _PLOT_HEIGHT + _BOTTOM + (0 if beside else _SPACING * len(series) + 4)
    looks = _looks([one["name"] for one in series], known)
    parts = [
        _axes(figure, frame, unit),
        *(_band(one, frame, look) for look, one in zip(looks, series, strict=True)),
        *(_line(one, frame, look) for look, one in zip(looks, series, strict=True)),
        _keys_beside(series, looks, frame) if beside else _keys_below(series, looks),
    ]
    return svg.Drawing(figure["title"], _words(figure, unit), "".join(parts), _WIDTH, height)


def points(one: Series, key: str = "y") -> list[tuple[float, float]]:
    """Pair x with the values that are there."""
    values = one.get(key) or []
    return [(x, y) for x, y in zip(one["x"], values, strict=False) if y is not None]


def _looks(names: Sequence[str], known: Sequence[str]) -> list[int]:
    """Choose colour, dashes and mark of each name: its own where known, else a free one.

    >>> _looks(["new", "b", "newer"], ["a", "b"])
    [2, 1, 3]
    """
    own = {name: known.index(name) % SERIES for name in names if name in known}
    looks = sorted(range(SERIES), key=lambda look: look < len(known))
    free = [look for look in looks if look not in own.values()] or looks
    others = [name for name in names if name not in own]
    own |= {name: free[index % len(free)] for index, name in enumerate(others)}
    return [own[name] for name in names]


def _across(values: Sequence[float]) -> tuple[float, float]:
    return min(values, default=0.0), max(values, default=1.0)


def _down(values: Sequence[float], unit: str) -> tuple[float, float]:
    """Choose the range of values: all of 0..1 for shares, else from tick to tick."""
    low, high = _across(values)
    if unit == "share" and 0 <= low <= high <= 1:
        return 0.0, 1.0
    low = 0.0 if 0 < low < high - low else low
    step = svg.tick_step(low, high)
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step


def _axes(figure: Mapping[str, Any], frame: _Frame, unit: str) -> str:
    """Draw grid lines, ticks and titles."""
    right, bottom = f"{frame.right:.1f}", _TOP + _PLOT_HEIGHT
    parts = []
    for value in _y_ticks(frame, unit):
        y = frame.down(value)
        parts.append(svg.element("path", d=f"M{_LEFT} {y:.1f}H{right}", class_="grid"))
        parts.append(svg.text(svg.tick_label(value, unit), _LEFT - 7, y + 4, "tick end"))
    whole = all(x == int(x) for one in figure["series"] for x, _ in points(one))
    for value in svg.ticks(*frame.x, least=1.0 if whole else 0.0):
        x = frame.across(value)
        parts.append(svg.element("path", d=f"M{x:.1f} {bottom}v4", class_="axis"))
        parts.append(svg.text(svg.tick_label(value, "number"), x, bottom + 17, "tick middle"))
    parts.append(svg.element("path", d=f"M{_LEFT} {bottom}H{right}", class_="axis"))
    middle = (_LEFT + frame.right) / 2
    parts.append(svg.text(figure["x"]["title"], middle, bottom + 36, "axis-title middle"))
    parts.append(svg.text(figure["y"]["title"], 4, 14, "axis-title"))
    return "".join(parts)


def _y_ticks(frame: _Frame, unit: str) -> list[float]:
    if unit == "share" and frame.y == (0.0, 1.0):
        return [0.0, 0.25, 0.5, 0.75, 1.0]
    return svg.ticks(*frame.y)


def _band(one: Series, frame: _Frame, look: int) -> str:
    """Shade what lies between the bounds."""
    low, high = points(one, "low"), points(one, "high")
    if not low or not high:
        return ""
    outline = [*high, *reversed(low)]
    corners = svg.places((frame.across(x), frame.down(y)) for x, y in outline)
    return svg.element("polygon", points=corners, class_=f"band s{look}")


def _line(one: Series, frame: _Frame, look: int) -> str:
    """Draw a line with a mark at each point."""
    places = [(frame.across(x), frame.down(y)) for x, y in points(one)]
    line = svg.element("polyline", points=svg.places(places), class_=f"line s{look}")
    return line + "".join(_mark(x, y, look) for x, y in places)


def _mark(x: float, y: float, look: int) -> str:
    return svg.element("path", d=f"M{x:.1f} {y:.1f}{svg.MARKS[look]}", class_=f"mark s{look}")


def _keys_beside(series: Sequence[Series], looks: Sequence[int], frame: _Frame) -> str:
    """Write names beside the ends of lines, apart from each other."""
    left = frame.right + 14
    ends = [points(one)[-1] for one in series]
    places = [(frame.across(x), frame.down(y)) for x, y in ends]
    rows = _spread([y for _, y in places], _TOP, _TOP + _PLOT_HEIGHT)
    leaders = [
        svg.element("path", d=f"M{x + 5:.1f} {y:.1f}L{left - 2} {row:.1f}", class_="leader")
        for (x, y), row in zip(places, rows, strict=True)
    ]
    return "".join(leaders) + _keys(series, looks, left, rows)


def _keys_below(series: Sequence[Series], looks: Sequence[int]) -> str:
    top = _TOP + _PLOT_HEIGHT + _BOTTOM + 8
    return _keys(series, looks, _LEFT, [top + _SPACING * row for row in range(len(series))])


def _keys(series: Sequence[Series], looks: Sequence[int], x: float, rows: Sequence[float]) -> str:
    """Write each name behind a piece of its line."""
    parts = []
    for one, look, y in zip(series, looks, rows, strict=True):
        line = f"M{x:.1f} {y:.1f}h{_SWATCH - 4}"
        parts.append(svg.element("path", d=line, class_=f"line s{look}"))
        parts.append(_mark(x + (_SWATCH - 4) / 2, y, look))
        parts.append(svg.text(one["name"], x + _SWATCH, y + 4, "key"))
    return "".join(parts)


def _spread(wanted: Sequence[float], top: float, bottom: float) -> list[float]:
    """Move heights apart, as little as is simple, and keep them above the bottom."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    placed = list(wanted)
    for before, after in pairwise(order):
        placed[after] = max(placed[after], placed[before] + _SPACING)
    ceiling = bottom
    for index in reversed(order):
        placed[index] = max(min(placed[index], ceiling), top)
        ceiling = placed[index] - _SPACING
    return placed


def _words(figure: Mapping[str, Any], unit: str) -> str:
    """Say all values, for those who do not see the picture."""
    return " ".join(
        f"{one['name']}: "
        + ", ".join(f"{number_text(y, unit)} at {x:g}" for x, y in points(one))
        + "."
        for one in figure["series"]
    )
