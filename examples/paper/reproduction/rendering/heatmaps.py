"""Heat maps: what a figure of the kind ``heatmaps`` shows, as SVG."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reproduction.rendering.cells import number_text
from robaudit_report import svg

_CELL_WIDTH, _CELL_HEIGHT = 35, 25
_TOP, _NAME = 24, 11
_MOST_WRITTEN = 12
"""With more columns there is no room for the values."""


_SCALE_WIDTH, _SCALE_STEPS, _INDENT = 280, 56, 14
_RAMP = ((252, 246, 214), (183, 220, 183), (88, 170, 181), (44, 110, 160), (28, 50, 104))
"""From low to high, ever darker, so that it also reads in grey."""


_DARK = 0.18
"""On a colour of less luminance than this, white is easier to read than black."""

Panel = Mapping[str, Any]
Matrix = Sequence[Sequence[float | None]]


def draw_panel(figure: Mapping[str, Any], panel: Panel) -> svg.Drawing:
    """Draw one panel: rows from the top down, the value in each block."""
    unit, rows, columns = figure["unit"], panel["rows"], panel["columns"]
    left = 12 + max((svg.text_width(one, _NAME) for one in rows), default=0.0)
    names = max((svg.text_width(one, _NAME) for one in columns), default=0.0)
    turned = names > _CELL_WIDTH
    top = _TOP + (names + 10 if turned else 18)
    parts = [svg.text(panel["name"], left, 14, "heading")]
    for index, one in enumerate(columns):
        x, y = left + _CELL_WIDTH * (index + 0.5), top - 6
        if turned:
            turn = f"rotate(-90 {x + 4:.1f} {y:.1f})"
            parts.append(svg.text(one, x + 4, y, "tick", transform=turn))
        else:
            parts.append(svg.text(one, x, y, "tick middle"))
    bounds = _extent([each["matrix"] for each in figure["panels"]])
    for index, (one, row) in enumerate(zip(rows, panel["matrix"], strict=True)):
        y = top + _CELL_HEIGHT * index
        parts.append(svg.text(one, left - 7, y + _CELL_HEIGHT / 2 + 4, "tick end"))
        for column, value in enumerate(row):
            shown = "" if len(columns) > _MOST_WRITTEN else number_text(value, unit)
            share = None if value is None else _share(value, bounds)
            parts += _block(share, shown, left + _CELL_WIDTH * column, y)
    width = left + _CELL_WIDTH * len(columns) + 6
    height = top + _CELL_HEIGHT * len(rows) + 6
    title = f"{figure['title']}, {panel['name']}"
    return svg.Drawing(title, _words(panel, unit), "".join(parts), width, height)


def draw_scale(figure: Mapping[str, Any]) -> svg.Drawing:
    """Draw what the colours mean, in all panels alike."""
    unit = figure["unit"]
    bounds = low, high = _extent([panel["matrix"] for panel in figure["panels"]])
    step = _SCALE_WIDTH / _SCALE_STEPS
    parts = []
    for index in range(_SCALE_STEPS):
        box = {"x": _INDENT + index * step, "y": 4, "width": step + 0.5, "height": 12}
        parts.append(svg.element("rect", **box, fill=_colour((index + 0.5) / _SCALE_STEPS)))
    for value in svg.ticks(low, high):
        x = _INDENT + _SCALE_WIDTH * _share(value, bounds)
        parts.append(svg.element("path", d=f"M{x:.1f} 16v4", class_="axis"))
        parts.append(svg.text(svg.tick_label(value, unit), x, 32, "tick middle"))
    none = _INDENT + _SCALE_WIDTH + 26
    parts.append(svg.element("rect", x=none, y=4, width=22, height=12, class_="none"))
    parts.append(svg.text("none", none + 28, 14, "tick"))
    words = f"From {number_text(low, unit)} to {number_text(high, unit)}; grey: none."
    return svg.Drawing("Scale of the colours", words, "".join(parts), none + 62, 38)


def _extent(matrices: Sequence[Matrix]) -> tuple[float, float]:
    """Find the smallest and the largest value of all panels, which share one scale."""
    values = [one for matrix in matrices for row in matrix for one in row if one is not None]
    return min(values, default=0.0), max(values, default=1.0)


def _share(value: float, bounds: tuple[float, float]) -> float:
    low, high = bounds
    return (value - low) / ((high - low) or 1)


def _block(share: float | None, shown: str, x: float, y: float) -> Iterator[str]:
    """Draw a block with its value; grey where there is none."""
    box = {"x": x + 0.5, "y": y + 0.5, "width": _CELL_WIDTH - 1, "height": _CELL_HEIGHT - 1}
    if share is None:
        yield svg.element("rect", **box, class_="none")
        return
    yield svg.element("rect", **box, fill=_colour(share))
    if shown:
        kind = "cell on-dark" if _luminance(share) < _DARK else "cell on-light"
        middle = x + _CELL_WIDTH / 2, y + _CELL_HEIGHT / 2 + 3.5
        yield svg.text(shown.removesuffix("%"), *middle, kind)


def _mixed(share: float) -> list[float]:
    """Mix the colour of a place on the scale, 0 to 1."""
    place = min(max(share, 0.0), 1.0) * (len(_RAMP) - 1)
    index = min(int(place), len(_RAMP) - 2)
    part = place - index
    pairs = zip(_RAMP[index], _RAMP[index + 1], strict=True)
    return [(1 - part) * before + part * after for before, after in pairs]


def _colour(share: float) -> str:
    return "#" + "".join(f"{round(one):02x}" for one in _mixed(share))


def _luminance(share: float) -> float:
    """Give the relative luminance of a place on the scale, as WCAG defines it."""
    parts = [one / 255 for one in _mixed(share)]
    red, green, blue = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _words(panel: Panel, unit: str) -> str:
    """Say how far the values go; all of them are too many to be listened to."""
    values = [
        (value, f"{row} to {column}")
        for row, line in zip(panel["rows"], panel["matrix"], strict=True)
        for column, value in zip(panel["columns"], line, strict=True)
    ]
    there = [(value, pair) for value, pair in values if value is not None]
    if not there:
        return "No values."
    ends = [f"{number_text(value, unit)} ({pair})" for value, pair in (min(there), max(there))]
    empty = len(values) - len(there)
    return f"From {ends[0]} to {ends[1]}; {empty} of {len(values)} blocks are empty."
