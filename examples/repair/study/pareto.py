"""The picture of a data set: attacks across, noise upwards, a line through the front."""

from collections.abc import Mapping, Sequence
from typing import Any

from reproduction.rendering import look, number_text
from robaudit_report import svg

_ACROSS, _UP = "gradient attacks", "noise"
_WIDTH, _PLOT_HEIGHT = 720, 300
_LEFT, _TOP, _RIGHT, _BOTTOM = 52, 34, 18, 50
_ROW, _COLUMNS = 20, 3
_RADIUS = 4
_LETTER, _LINE = 7, 13
_AWAY = ((0, -1), (1, 0), (-1, 0), (0, 1), (1, -1), (-1, -1), (1, 1), (-1, 1))
"""Where a number may stand beside its dot, the best first."""


def front_of(points: Mapping[str, tuple[float, float]]) -> list[str]:
    """Name the points that no other equals in both and exceeds in one, from left to right.

    >>> front_of({"a": (0.1, 0.9), "b": (0.5, 0.5), "c": (0.4, 0.4)})
    ['a', 'b']
    """
    return sorted(
        (
            name
            for name, one in points.items()
            if not any(
                other != one and all(a >= b for a, b in zip(other, one, strict=True))
                for other in points.values()
            )
        ),
        key=lambda name: points[name],
    )


def draw_pareto(one: Mapping[str, Any]) -> str:
    """Draw a data set's models by number, those of the front filled, with the names below."""
    models = one["models"]
    points = {
        model["name"]: (model["groups"][_ACROSS]["value"], model["groups"][_UP]["value"])
        for model in models
    }
    front = front_of(points)
    frame = _Frame(_range([a for a, _ in points.values()]), _range([b for _, b in points.values()]))
    line = svg.places(frame.place(*points[name]) for name in front)
    parts = [
        svg.element("style", _style()),
        svg.element("rect", x=0, y=0, width=_WIDTH, height=_height(len(models)), class_="card"),
        *frame.axes(),
        svg.element("polyline", points=line, class_="line"),
        *_marks(frame, points, front),
        *_keys([model["title"] for model in models]),
    ]
    title = f"{one['title']}: accuracy under gradient attacks and under noise"
    words = " ".join(
        f"{model['title']}: {number_text(points[model['name']][0], 'share')} under gradient "
        f"attacks, {number_text(points[model['name']][1], 'share')} under noise."
        for model in models
    )
    drawing = svg.Drawing(title, words, "".join(parts), _WIDTH, _height(len(models)))
    return svg.picture(drawing, "pareto") + "\n"


class _Frame:
    """Both axes, in shares."""

    def __init__(self, across: tuple[float, float], up: tuple[float, float]) -> None:
        self._across, self._up = across, up

    def place(self, across: float, up: float) -> tuple[float, float]:
        (left, right), (low, high) = self._across, self._up
        x = _LEFT + (_WIDTH - _LEFT - _RIGHT) * (across - left) / (right - left)
        return x, _TOP + _PLOT_HEIGHT * (1 - (up - low) / (high - low))

    def axes(self) -> list[str]:
        bottom, end = _TOP + _PLOT_HEIGHT, _WIDTH - _RIGHT
        parts = []
        for value in svg.ticks(*self._up):
            _, y = self.place(self._across[0], value)
            parts.append(svg.element("path", d=f"M{_LEFT} {y:.1f}H{end}", class_="grid"))
            parts.append(svg.text(svg.tick_label(value, "share"), _LEFT - 7, y + 4, "tick end"))
        for value in svg.ticks(*self._across):
            x, _ = self.place(value, self._up[0])
            parts.append(svg.element("path", d=f"M{x:.1f} {_TOP}V{bottom}", class_="grid"))
            parts.append(svg.text(svg.tick_label(value, "share"), x, bottom + 17, "tick middle"))
        middle = (_LEFT + end) / 2
        parts.append(svg.text(f"under {_ACROSS}", middle, bottom + 38, "axis-title middle"))
        parts.append(svg.text(f"under {_UP}", 4, 16, "axis-title"))
        return parts


def _range(values: Sequence[float]) -> tuple[float, float]:
    """Leave a little room around values, on round numbers."""
    low, high = min(values), max(values)
    step = svg.tick_step(low, high) if high > low else 0.1
    return max(0.0, low - step / 2), min(1.0, high + step / 2)


def _numbered(points: Mapping[str, tuple[float, float]]) -> dict[tuple[float, float], str]:
    """Give each point the numbers of its models: the line's may be the original's."""
    found: dict[tuple[float, float], list[str]] = {}
    for number, point in enumerate(points.values(), start=1):
        found.setdefault(point, []).append(str(number))
    return {point: ", ".join(numbers) for point, numbers in found.items()}


def _marks(
    frame: _Frame, points: Mapping[str, tuple[float, float]], front: Sequence[str]
) -> list[str]:
    """Draw a dot for each point, and its numbers where they cover neither dots nor numbers."""
    on_front = {points[name] for name in front}
    dots = {point: frame.place(*point) for point in dict.fromkeys(points.values())}
    taken = [(x, y, 2.0 * _RADIUS, 2.0 * _RADIUS) for x, y in dots.values()]
    parts = []
    for point, numbers in _numbered(points).items():
        x, y = dots[point]
        kind = "on-front" if point in on_front else "behind"
        wide = float(_LETTER * len(numbers))
        at_x, at_y = _free(x, y, wide, taken)
        taken.append((at_x, at_y, wide, float(_LINE)))
        parts.append(svg.element("circle", cx=round(x, 1), cy=round(y, 1), r=_RADIUS, class_=kind))
        if max(abs(at_x - x) - wide / 2, abs(at_y - y)) > 3 * _RADIUS:
            parts.append(
                svg.element("path", d=f"M{x:.1f} {y:.1f}L{at_x:.1f} {at_y:.1f}", class_="grid")
            )
        parts.append(svg.text(numbers, round(at_x, 1), round(at_y + 4, 1), f"number {kind} middle"))
    return parts


def _free(
    x: float, y: float, wide: float, taken: Sequence[tuple[float, float, float, float]]
) -> tuple[float, float]:
    """Look for the nearest place for so wide a number beside a dot that covers nothing."""
    for reach in range(1, 9):
        for across, up in _AWAY:
            at_x = x + across * (wide / 2 + _RADIUS + _LETTER * reach - 4)
            at_y = y + up * (_LINE * reach - 2)
            if all(
                abs(at_x - other_x) >= (wide + other_wide) / 2
                or abs(at_y - other_y) >= (_LINE + high) / 2
                for other_x, other_y, other_wide, high in taken
            ):
                return at_x, at_y
    return x, y


def _keys(titles: Sequence[str]) -> list[str]:
    width = (_WIDTH - _LEFT) / _COLUMNS
    top = _TOP + _PLOT_HEIGHT + _BOTTOM + 14
    return [
        svg.text(
            f"{index + 1}  {title}",
            _LEFT + width * (index % _COLUMNS),
            top + _ROW * (index // _COLUMNS),
            "key",
        )
        for index, title in enumerate(titles)
    ]


def _height(models: int) -> int:
    return _TOP + _PLOT_HEIGHT + _BOTTOM + 10 + _ROW * -(-models // _COLUMNS)


def _style() -> str:
    colours = look.LIGHT
    text = look.STYLE + (
        ".picture .card { fill: var(--card); } "
        ".picture .line { stroke: var(--s0); } "
        ".picture .on-front { fill: var(--s0); } "
        ".picture .behind { fill: var(--none); } "
        ".picture text.number.on-front { fill: var(--s0); font-weight: 600; } "
        ".picture text.number.behind { fill: var(--ink); }"
    )
    for name, colour in colours.items():
        text = text.replace(f"var(--{name})", colour)
    return text
