"""One HTML page: no script, nothing fetched, light and dark, fit to print."""

from dataclasses import dataclass

from msgspec import UNSET

from robaudit import TextLayout
from robaudit.phrases import called, printable
from robaudit.record.schema.audit import AuditRecord
from robaudit_report.html import attacks as html_attacks
from robaudit_report.html import margins as html_margins
from robaudit_report.html import page as html_page
from robaudit_report.view import attacks as attack_view
from robaudit_report.view import audit as view
from robaudit_report.view import gates, how, paper, summary, words

TERMS = {
    "ray": "A walk from one sample along one direction, in equal steps, until the class changes or "
    "the reach is passed. It starts from the sample's reference class: its label, or the "
    "prediction.",
    "margin": "The distance of the first point on a ray that is in another class. Root mean square "
    "over all pixels, as a share of the pixel range, so that it means the same for small and "
    "large images.",
    "adjacent class": "The class at that first point.",
    "right at the start": "A sample that the model puts in its reference class. The others lie at "
    "no distance from the boundary, and their rays count as crossed at once: figures over all "
    "samples, as in the paper, tell of accuracy too.",
    "class robustness (R_i)": "Summed margins of crossings into class i over those out of it "
    "(Eq. 3 of the paper). Above 1 the class gains more ground than it loses.",
    "level": "The rank by class robustness that the paper chooses examples by: the top 20% of "
    "classes are high, the bottom 50% low, also where they differ by no more than chance. Classes "
    "without R_i, and equals, have no level.",
    "interval": "95%, of the mean over the population that the samples were drawn from, each class "
    "weighing the same, with other samples and other directions: both are counted as drawn. Each "
    "bound is Student's after one more sample was seen, at the end of what is possible. Of figures "
    "that spread between classes, all spreads that noise could make look like what was found; of R "
    "and R_i by the jackknife.",
    "cannot be told": "Several classes seem to differ, and may not. A class is named as the worst "
    "where it lies below each other one by more than chance: all such sentences of a page "
    "together are wrong in fewer than one audit in twenty.",
}

_OLDER_INTERVAL = (
    "95%, by bootstrap over samples, with directions taken as given, as records of this age have "
    "it; those of R and R_i are several times too narrow."
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
    context = {
        "record": record,
        "view": view,
        "how": how,
        "paper": paper,
        "gates": gates,
        "words": words,
        "called": called,
        "printable": printable,
        "width": html_margins.CURVE_WIDTH,
        "height": html_margins.CURVE_HEIGHT,
        "columns": [view.class_name(record, index) for index in columns],
        "heat_rows": html_margins.heat_rows(record, sorted(shown), columns),
        "all_points": html_margins.curve_points(record.margins.not_crossed),
        "curves": _curves(record),
        "bars": _bars(record),
        "shown": set(shown),
        "terms": {**terms(record), **(html_attacks.TERMS if attacked else {})},
        "summary": summary,
        "attacked": attacked,
        **(html_attacks.context(record) if attacked else {}),
    }
    return html_page.draw("audit.html", context)


def terms(record: AuditRecord) -> dict[str, str]:
    """Give what the words of a page mean, in its record."""
    older = record.inequality.worst_alike is UNSET
    return {**TERMS, "interval": _OLDER_INTERVAL} if older else TERMS


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
