"""Figures as stand-alone SVG files, readable on any background."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reproduction.rendering import curves, heatmaps, look
from robaudit_report import svg

_MARGIN, _GAP = 16, 18
_SHOWN = 720
"""How wide a picture is at least, where a page leaves it to the picture."""


_BESIDE = 2
"""How many panels stand side by side."""

Results = Mapping[str, Any]
Section = Mapping[str, Any]
Figure = Mapping[str, Any]


def sections(results: Results) -> Iterator[Section]:
    """List the section of each data set, and the one beyond the paper where there is one."""
    yield from results["datasets"]
    if results.get("beyond"):
        yield {"id": "beyond", **results["beyond"]}


def anchor(*parts: str) -> str:
    """Join texts to a name that is fit for files and addresses.

    >>> anchor("mnist", "figure 3")
    'mnist-figure-3'
    """
    return re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")


def render_pictures(results: Results) -> dict[str, str]:
    """Draw every figure as an SVG file of its own, by its file name."""
    known = known_names(results)
    return {
        f"{anchor(section['id'], figure['id'])}.svg": _stand_alone(figure, known)
        for section in sections(results)
        for figure in section.get("figures", ())
    }


def known_names(results: Results) -> list[str]:
    """List the series of the first figure of curves, which look the same in the others."""
    figures = (figure for section in sections(results) for figure in section.get("figures", ()))
    first: Figure = next((one for one in figures if one["kind"] == "curves"), {"series": ()})
    return [one["name"] for one in first["series"]]


def drawings(figure: Figure, known: Sequence[str]) -> list[svg.Drawing]:
    """Draw the parts of a figure: the curves, or each panel and the scale."""
    if figure["kind"] == "curves":
        return [curves.draw(figure, known)]
    panels = [heatmaps.draw_panel(figure, panel) for panel in figure["panels"]]
    return [*panels, heatmaps.draw_scale(figure)]


def _stand_alone(figure: Figure, known: Sequence[str]) -> str:
    """Draw a figure on a card of its own, with the colours of a light page."""
    drawing = _together(figure["title"], drawings(figure, known))
    colours = re.sub(r"var\(--(\w+)\)", lambda match: look.LIGHT[match[1]], look.STYLE)
    card = svg.element(
        "rect",
        x=0.5,
        y=0.5,
        width=drawing.width - 1,
        height=drawing.height - 1,
        rx=8,
        fill=look.LIGHT["card"],
        stroke=look.LIGHT["line"],
    )
    content = svg.element("style", colours) + card + drawing.content
    whole = svg.Drawing(drawing.title, drawing.words, content, drawing.width, drawing.height)
    scale = max(1.0, _SHOWN / drawing.width)
    size = {"width": round(scale * drawing.width), "height": round(scale * drawing.height)}
    return svg.picture(whole, "figure", **size) + "\n"


def _together(title: str, parts: Sequence[svg.Drawing]) -> svg.Drawing:
    """Put panels in rows, and the scale below them, each row in the middle."""
    *panels, last = parts
    rows = [panels[start : start + _BESIDE] for start in range(0, len(panels), _BESIDE)]
    rows.append([last])
    widths = [sum(one.width + _GAP for one in row) - _GAP for row in rows]
    content, y = [], float(_MARGIN)
    for row, width in zip(rows, widths, strict=True):
        x = _MARGIN + (max(widths) - width) / 2
        for one in row:
            place = f"translate({x:.1f} {y:.1f})"
            content.append(svg.element("g", one.content, transform=place))
            x += one.width + _GAP
        y += max(one.height for one in row) + _GAP
    words = " ".join(f"{one.title}: {one.words}" for one in parts)
    whole = max(widths) + 2 * _MARGIN, y - _GAP + _MARGIN
    return svg.Drawing(title, words, "".join(content), *whole)
