"""What every picture is made of: SVG elements, points, marks, ticks, and widths of text."""

import html
import math
from collections.abc import Iterable
from dataclasses import dataclass

from robaudit.phrases import printable

NAMESPACE = "http://www.w3.org/2000/svg"
MINUS = "\N{MINUS SIGN}"

MARKS = (
    "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z",
    "m-3.2-3.2h6.4v6.4h-6.4z",
    "m0-4.4l4.2 7.4h-8.4z",
    "m0-4.6l4.6 4.6-4.6 4.6-4.6-4.6z",
    "m0 4.4l4.2-7.4h-8.4z",
    "m-1.3-4h2.6v2.7h2.7v2.6h-2.7v2.7h-2.6v-2.7h-2.7v-2.6h2.7z",
)
"""Circle, square, triangle, diamond, triangle upside down, cross: drawn from their middle."""

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


def element(tag: str, content: str = "", /, **attributes: object) -> str:
    """Write an element; ``content`` is SVG already, attributes are escaped.

    Underscores at the end of a name are dropped, others become hyphens.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{html.escape(_value(value))}"'
        for name, value in attributes.items()
    )
    return f"<{tag}{written}>{content}</{tag}>" if content else f"<{tag}{written}/>"


def place(x: float, y: float) -> str:
    """Write a point.

    >>> place(1, 2.25)
    '1.0,2.2'
    """
    return f"{x:.1f},{y:.1f}"


def places(points: Iterable[tuple[float, float]]) -> str:
    """Write the points of a line or an area."""
    return " ".join(place(x, y) for x, y in points)


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
