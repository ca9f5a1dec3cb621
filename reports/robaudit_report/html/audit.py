"""One HTML page: no script, nothing fetched, light and dark, fit to print."""

from dataclasses import dataclass

from robaudit import TextLayout
from robaudit.phrases import called, printable
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit_report.html import attacks as html_attacks
from robaudit_report.html import glossary as html_glossary
from robaudit_report.html import margins as html_margins
from robaudit_report.html import page as html_page
from robaudit_report.html import training as html_training
from robaudit_report.view import attacks as attack_view
from robaudit_report.view import audit as view
from robaudit_report.view import (
    consistency,
    gate_table,
    gates,
    how,
    measures,
    overview,
    paper,
    summary,
    words,
)


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


def render(record: AuditRecord, _layout: TextLayout) -> str:
    """Draw the page of a record."""
    columns = html_margins.often_reached(record)
    attacked = attack_view.attacked(record)
    shown = view.shown_classes(record)
    attack_terms = html_glossary.ATTACK_TERMS if attacked else {}
    glossary = html_glossary.Glossary({**html_glossary.terms(record), **attack_terms})
    centers = {center.class_index: center for center in record.class_centers}
    context = {
        "record": record,
        "judged": given(record.verdict, None),
        "view": view,
        "how": how,
        "consistency": consistency,
        "paper": paper,
        "measures": measures,
        "gate_table": gate_table,
        "held_against": gates.held_against,
        "head": overview.overview(record),
        "command": overview.command(record),
        "words": words,
        "called": called,
        "printable": printable,
        "width": html_margins.CURVE_WIDTH,
        "height": html_margins.CURVE_HEIGHT,
        "columns": [view.class_name(record, index) for index in columns],
        "heat_rows": html_margins.heat_rows(record, shown, columns),
        "all_points": html_margins.curve_points(record.margins.not_crossed),
        "curves": _curves(record),
        "bars": _bars(record),
        "centers": [centers[index] for index in shown if index in centers],
        "terms": glossary.terms,
        "term": glossary.link,
        "place": html_glossary.place,
        "summary": summary,
        "attacked": attacked,
        **html_training.so_far(record, shown),
        **(html_attacks.context(record) if attacked else {}),
    }
    return html_page.draw("audit.html", context)


def _curves(record: AuditRecord) -> list[Curve]:
    return [
        Curve(
            row.name,
            html_margins.curve_points(row.not_crossed),
            f"Class {row.name}: {html_margins.curve_words(row.not_crossed)}",
        )
        for row in view.class_rows(record)
    ]


def _bars(record: AuditRecord) -> list[Bar]:
    """Make the bars of adjacent shares, and of the rays that reach no other class."""
    inequality = record.inequality
    shares, intervals = inequality.adjacent_share, inequality.intervals
    entries = [
        (view.class_name(record, index), shares[index], intervals.adjacent_share[index])
        for index in html_margins.often_reached(record)
    ]
    widest = max([share for _, share, _ in entries] + [bounds[1] or 0 for *_, bounds in entries])
    scale = 100 / widest if widest else 0.0
    return [
        Bar(
            name,
            words.percent(share),
            words.interval(bounds, words.percent)
            if bounds != [None, None]
            else f"no interval: {record.margins.crossing_rate.reason or 'this record has none'}",
            round(share * scale, 2),
            round((bounds[0] or 0) * scale, 2),
            round((bounds[1] or 0) * scale, 2),
        )
        for name, share, bounds in entries
    ]
