"""One HTML page: no script, nothing fetched, light and dark, fit to print."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from robaudit import TextLayout
from robaudit.phrases import printable
from robaudit_report import attack_view, html_attacks, summary, view

_CURVE_WIDTH, _CURVE_HEIGHT = 160, 80
_TERMS = {
    "ray": "A walk from one sample along one direction, in equal steps, until the class changes or "
    "the reach is passed. It starts from the sample's reference class: its label, or the "
    "prediction.",
    "margin": "The distance of the first point on a ray that is in another class. Root mean square "
    "over all pixels, as a share of the pixel range, so that it means the same for small and "
    "large images.",
    "adjacent class": "The class at that first point.",
    "class robustness (R_i)": "Summed margins of crossings into class i over those out of it "
    "(Eq. 3 of the paper). Above 1 the class gains more ground than it loses.",
    "level": "By class robustness: the top 20% of classes are high, the bottom 50% low.",
    "interval": "95%, by bootstrap over samples (rays of one sample are not independent); of "
    "accuracies, Wilson's.",
}


@dataclass(frozen=True)
class Cell:
    """One cell of the heat map: a mean margin as text, how hot it is (0 to 1), and its count."""

    margin: str
    heat: float
    count: str


@dataclass(frozen=True)
class HeatRow:
    """One row of the heat map: rays that start from one class."""

    name: str
    cells: Sequence[Cell | None]
    none: str


@dataclass(frozen=True)
class Curve:
    """The share of a class's rays not yet crossed, as the points of an SVG line."""

    name: str
    points: str
    description: str


@dataclass(frozen=True)
class Bar:
    """A share with its interval, each as a percentage of the widest bar."""

    name: str
    text: str
    interval: str
    width: float
    low: float
    high: float


def render(record: Mapping[str, Any], _layout: TextLayout) -> str:
    """Draw the page of a record."""
    environment = Environment(
        loader=PackageLoader("robaudit_report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    columns = _columns(record)
    attacked = attack_view.attacked(record)
    return environment.get_template("audit.html").render(
        record=record,
        view=view,
        printable=printable,
        width=_CURVE_WIDTH,
        height=_CURVE_HEIGHT,
        columns=[view.class_name(record, index) for index in columns],
        heat_rows=_heat_rows(record, columns),
        all_points=_points(record["margins"]["not_crossed"]),
        curves=_curves(record),
        bars=_bars(record),
        shown=set(view.shown_classes(record)),
        terms={**_TERMS, **(html_attacks.TERMS if attacked else {})},
        summary=summary,
        attacked=attacked,
        **(html_attacks.context(record) if attacked else {}),
    )


def _columns(record: view.Record) -> list[int]:
    """Choose the adjacent classes of the heat map: all, or those most often reached."""
    shares = record["inequality"]["adjacent_share"]
    often = sorted(range(len(shares)), key=lambda index: -shares[index])
    return sorted(often[: view.MOST_CLASSES])


def _heat_rows(record: view.Record, columns: Sequence[int]) -> list[HeatRow]:
    margins, reach = record["margins"], record["plan"]["reach"]
    rows = []
    for origin in view.shown_classes(record):
        cells: list[Cell | None] = []
        for adjacent in columns:
            margin = margins["mean_matrix"][origin][adjacent]
            count = margins["count_matrix"][origin][adjacent]
            if margin is None:
                cells.append(None)
            else:
                heat = max(0.0, 1 - margin / reach)
                cells.append(Cell(f"{margin:.2f}", round(heat, 3), f"{count:,}"))
        stay = margins["per_class"][origin]["not_crossed"][-1]
        rows.append(HeatRow(view.class_name(record, origin), cells, view.percent(stay)))
    return rows


def _points(shares: Sequence[float]) -> str:
    """Draw a curve of shares as the points of an SVG polyline."""
    last = max(1, len(shares) - 1)
    return " ".join(
        f"{_CURVE_WIDTH * step / last:.1f},{_CURVE_HEIGHT * (1 - share):.1f}"
        for step, share in enumerate(shares)
    )


def _curves(record: view.Record) -> list[Curve]:
    curves = []
    for row in view.class_rows(record):
        shares = row.not_crossed
        half, end = shares[len(shares) // 2], shares[-1]
        curves.append(
            Curve(
                row.name,
                _points(shares),
                f"Class {row.name}: {view.percent(half)} of rays not crossed half-way, "
                f"{view.percent(end)} at the end",
            )
        )
    return curves


def _bars(record: view.Record) -> list[Bar]:
    """Make the bars of adjacent shares, and of the rays that reach no other class."""
    inequality = record["inequality"]
    shares, intervals = inequality["adjacent_share"], inequality["intervals"]
    entries = [
        (view.class_name(record, index), shares[index], intervals["adjacent_share"][index])
        for index in _columns(record)
    ]
    widest = max([share for _, share, _ in entries] + [bounds[1] or 0 for *_, bounds in entries])
    scale = 100 / widest if widest else 0.0
    return [
        Bar(
            name,
            view.percent(share),
            view.interval(bounds, view.percent),
            round(share * scale, 2),
            round((bounds[0] or 0) * scale, 2),
            round((bounds[1] or 0) * scale, 2),
        )
        for name, share, bounds in entries
    ]
