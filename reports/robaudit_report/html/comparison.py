"""One HTML page of a comparison, in the look of the page of an audit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from robaudit import TextLayout
from robaudit.phrases import printable
from robaudit_report.html import attacks as html_attacks
from robaudit_report.html import audit as html
from robaudit_report.html import centers as html_centers
from robaudit_report.html import margins as html_margins
from robaudit_report.html import page as html_page
from robaudit_report.html import plot as html_plot
from robaudit_report.html import training as html_training
from robaudit_report.view import attacks as attack_view
from robaudit_report.view import audit as view
from robaudit_report.view import comparison as comparison_view
from robaudit_report.view import hardening as hardening_view
from robaudit_report.view.changes import Change

TERMS = {
    "difference": "After minus before; of shares, in percentage points. Both models were "
    "given the same samples and walked along the same directions.",
    "interval of a difference": "95%. Of margins by bootstrap over samples, each drawn with both "
    "its results; of accuracies Newcombe's, for shares of the same samples.",
    "p-value": "How often chance alone would give a difference at least this large, either way. "
    "Of accuracies by McNemar's exact test. The adjusted one allows for how many figures are "
    "compared at once.",
    "better, worse": "The interval does not include 0. Each interval stands for itself: of twenty "
    "figures that did not change, about one looks as if it had.",
}
_SERIES = {"before": 1, "after": 0}
"""How the lines of both models are drawn, in every picture."""
_NOT_COMPARED = ("attack", "trust flag")


@dataclass(frozen=True)
class Pair:
    """Two curves of rays not yet crossed, as SVG, and what they show in words."""

    name: str
    before: str
    after: str
    description: str


def render(comparison: Mapping[str, Any], _layout: TextLayout) -> str:
    """Draw the page of a comparison."""
    before, after = comparison["before"], comparison["after"]
    shown = comparison_view.shown_classes(comparison)
    columns = html_margins.often_reached(before)
    rows = comparison_view.class_rows(comparison)
    attacks = comparison_view.attack_changes(comparison)
    terms = {**html.TERMS, **html_attacks.TERMS} if attacks else html.TERMS
    context = {
        "comparison": comparison,
        "before": before,
        "after": after,
        "hardening": comparison["hardening"],
        "view": view,
        "words": comparison_view,
        "hardening_view": hardening_view,
        "printable": printable,
        "attack_view": attack_view,
        "headline": comparison_view.headline(comparison),
        "rows": rows,
        "attacks": attacks,
        "places": places,
        "marks": html_plot.MARKS,
        "series": _SERIES,
        "plots": _plots(comparison),
        "width": html_margins.CURVE_WIDTH,
        "height": html_margins.CURVE_HEIGHT,
        "overall": _pair("All classes", before["margins"], after["margins"]),
        "pairs": [
            pair for row in rows if row.places and (pair := _class_pair(comparison, row.index))
        ],
        "columns": [view.class_name(before, index) for index in columns],
        "heat_before": html_margins.heat_rows(before, shown, columns),
        "heat_after": html_margins.heat_rows(after, shown, columns),
        "centers": html_centers.table(comparison, shown),
        "flags": [
            (when, flag)
            for when in ("before", "after")
            for flag in attack_view.flags(comparison[when], True)
        ],
        "without_number": _without_number(rows),
        "versions": _versions(comparison),
        "terms": {
            **TERMS,
            **{name: text for name, text in terms.items() if name not in _NOT_COMPARED},
        },
        **html_training.context(comparison, shown),
    }
    return html_page.draw("comparison.html", context)


def places(changes: Sequence[Change], change: Change) -> tuple[float, float, float] | None:
    """Place a difference and its interval from -1 to 1, 0 in the middle.

    The scale is that of the widest interval of ``changes``.
    """
    widest = max((abs(end) for one in changes for end in one.bounds or ()), default=0.0)
    if change.bounds is None or not widest:
        return None
    middle, low, high = (end / widest for end in change.bounds)
    return middle, low, high


def _pair(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Pair | None:
    shares = before["not_crossed"], after["not_crossed"]
    if not all(shares):
        return None
    words = [html_margins.curve_words(one) for one in shares]
    return Pair(
        name,
        html_margins.curve_points(shares[0]),
        html_margins.curve_points(shares[1]),
        f"{name}. Before: {words[0]}. After: {words[1]}",
    )


def _class_pair(comparison: view.Record, index: int) -> Pair | None:
    before, after = (
        comparison[part]["margins"]["per_class"][index] for part in ("before", "after")
    )
    return _pair(view.class_name(comparison["before"], index), before, after)


def _plots(comparison: view.Record) -> list[html_plot.Plot]:
    """Draw, for each attack with curves on both models, accuracy against strength."""
    found = []
    after = {one["name"]: one for one in comparison["after"].get("curves") or []}
    for one in comparison["before"].get("curves") or []:
        other = after.get(one["name"])
        if other and one["strengths"] and other["strengths"]:
            curves = [
                html_plot.Curve(
                    name,
                    curve["strengths"],
                    curve["accuracy"],
                    comparison[name]["attack_plan"]["clean"],
                    _SERIES[name],
                )
                for name, curve in (("before", one), ("after", other))
            ]
            found.append(html_plot.make_plot(printable(one["title"]), curves))
    return found


def _without_number(rows: Sequence[comparison_view.ClassRow]) -> list[tuple[str, str]]:
    """List the figures of classes that have no difference, and why, each reason once."""
    reasons: dict[str, list[str]] = {}
    for row in rows:
        for change in row.changes:
            if change and change.missing:
                reasons.setdefault(f"{change.title}: {change.missing}", []).append(row.name)
    return [(f"No difference for {', '.join(names)}", text) for text, names in reasons.items()]


def _versions(comparison: view.Record) -> list[tuple[str, str]]:
    """List the versions of packages, both where they differ."""
    before, after = (comparison[part]["environment"]["packages"] for part in ("before", "after"))
    found = []
    for name in dict.fromkeys([*before, *after]):
        versions = [before.get(name, "none"), after.get(name, "none")]
        text = (
            versions[0] if versions[0] == versions[1] else "{} before, {} after".format(*versions)
        )
        found.append((printable(name), printable(text)))
    return found
