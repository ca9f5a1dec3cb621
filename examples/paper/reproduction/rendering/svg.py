"""What every picture is made of: SVG elements, ticks, widths of text, and colours."""

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reproduction.rendering.cells import MINUS
from robaudit.phrases import printable

NAMESPACE = "http://www.w3.org/2000/svg"
STYLE = (Path(__file__).parent / "figure.css").read_text(encoding="utf-8")
"""Classes of the pictures; the colours are names, which a page or a picture gives values."""

LIGHT = {
    "card": "#ffffff",
    "ink": "#1d1d20",
    "muted": "#5d5e66",
    "line": "#dedcd6",
    "none": "#d9d9dc",
    "s0": "#0067a5",
    "s1": "#c64e00",
    "s2": "#00805c",
    "s3": "#a8447f",
    "s4": "#8a6a00",
    "s5": "#4d4fb5",
}
DARK = {
    "card": "#1b1c21",
    "ink": "#e9e7e2",
    "muted": "#a4a5ad",
    "line": "#383a43",
    "none": "#44464f",
    "s0": "#62b5ea",
    "s1": "#f5935a",
    "s2": "#4cc79f",
    "s3": "#e79bc9",
    "s4": "#d9bb4f",
    "s5": "#a5a7f4",
}
SERIES = 6
"""How many series have a colour and dashes of their own."""

_WIDE = set("mwMW@%")
_NARROW = set("iljtfrI.,:;|!'()[] ")
_MOST_TICKS = 7


@dataclass(frozen=True)
class Drawing:
    """The content of a picture, its size, and what it shows in words."""

    title: str
    words: str
    content: str
    width: float
    height: float


def css_colours(colours: Mapping[str, str]) -> str:
    """Write colours as CSS properties."""
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())


def element(tag: str, content: str = "", /, **attributes: object) -> str:
    """Write an element; ``content`` is SVG already, attributes are escaped.

    Underscores at the end of a name are dropped, others become hyphens.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{html.escape(_value(value))}"'
        for name, value in attributes.items()
    )
    return f"<{tag}{written}>{content}</{tag}>" if content else f"<{tag}{written}/>"


def text(content: str, x: float, y: float, kind: str, **attributes: object) -> str:
    """Write a text of the class ``kind``; it is escaped."""
    return element("text", escape(content), x=x, y=y, class_=kind, **attributes)


def tick_label(value: float, unit: str) -> str:
    """Write a round number beside a scale."""
    return f"{100 * value:g}%" if unit == "share" else f"{value:,g}".replace("-", MINUS)


def escape(content: str) -> str:
    """Make text safe in SVG and HTML, and free of what XML forbids."""
    return html.escape(printable(content))


def picture(drawing: Drawing, name: str, **attributes: object) -> str:
    """Make a picture of a drawing; ``name`` is unique in its document."""
    labels = [
        element("title", escape(drawing.title), id=f"{name}-title"),
        element("desc", escape(drawing.words), id=f"{name}-words"),
    ]
    return element(
        "svg",
        "".join([*labels, drawing.content]),
        xmlns=NAMESPACE,
        viewBox=f"0 0 {drawing.width:g} {drawing.height:g}",
        role="img",
        aria_labelledby=f"{name}-title {name}-words",
        class_="picture",
        **attributes,
    )


def text_width(content: str, size: float) -> float:
    """Estimate how wide a text is, generously."""
    widths = (0.9 if c in _WIDE else 0.34 if c in _NARROW else 0.6 for c in content)
    return size * sum(widths)


def tick_step(low: float, high: float, least: float = 0.0) -> float:
    """Choose a round distance between ticks, of at least ``least``."""
    if high <= low:
        return 1.0
    power = 10.0 ** math.floor(math.log10(high - low))
    steps = [part * power / 10 for part in (1, 2, 5, 10, 20, 50)]
    return max(least, next(step for step in steps if (high - low) / step < _MOST_TICKS))


def ticks(low: float, high: float, least: float = 0.0) -> list[float]:
    """Choose round numbers from ``low`` to ``high``, at least ``least`` apart.

    >>> ticks(0, 0.5)
    [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    """
    step = tick_step(low, high, least)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(step * count, 12) for count in range(first, last + 1)]


def _value(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
