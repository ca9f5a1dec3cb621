"""One HTML page of a comparison, in the look of the page of an audit."""

from collections.abc import Sequence
from dataclasses import dataclass

from robaudit import TextLayout
from robaudit.phrases import called, printable
from robaudit.record.schema.comparison import ComparisonRecord
from robaudit.record.schema.numbers import given
from robaudit_report.html import centers as html_centers
from robaudit_report.html import glossary as html_glossary
from robaudit_report.html import margins as html_margins
from robaudit_report.html import page as html_page
from robaudit_report.html import plot as html_plot
from robaudit_report.html import training as html_training
from robaudit_report.view import attacks as attack_view
from robaudit_report.view import audit as view
from robaudit_report.view import comparison as comparison_view
from robaudit_report.view import comparison_overview, gate_table, gates, how, overview, trust, words
from robaudit_report.view import hardening as hardening_view
from robaudit_report.view.changes import Change

TERMS = {
    "difference": "After minus before; of shares, in percentage points. Both models were "
    "given the same samples and walked along the same directions.",
    "interval of a difference": "95%. Of margins as of one model, over the differences of its "
    "samples along the same directions; of accuracies Newcombe's, for shares of the same samples.",
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


def render(comparison: ComparisonRecord, _layout: TextLayout) -> str:
    """Draw the page of a comparison."""
    before, after = comparison.before, comparison.after
    shown = comparison_view.shown_classes(comparison)
    columns = html_margins.often_reached(before)
    rows = comparison_view.class_rows(comparison)
    attacks = comparison_view.attack_changes(comparison)
    terms = {
        **html_glossary.terms(before),
        **(html_glossary.ATTACK_TERMS if attacks else {}),
    }
    glossary = html_glossary.Glossary(
        {**TERMS, **{name: text for name, text in terms.items() if name not in _NOT_COMPARED}}
    )
    context = {
        "comparison": comparison,
        "before": before,
        "after": after,
        "hardening": comparison.hardening,
        "view": view,
        "how": how,
        "comparison_view": comparison_view,
        "words": words,
        "hardening_view": hardening_view,
        "called": called,
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
        "overall": _pair("All classes", before.margins.not_crossed, after.margins.not_crossed),
        "pairs": [
            pair for row in rows if row.places and (pair := _class_pair(comparison, row.index))
        ],
        "columns": [view.class_name(before, index) for index in columns],
        "heat_before": html_margins.heat_rows(before, shown, columns),
        "heat_after": html_margins.heat_rows(after, shown, columns),
        "centers": html_centers.table(comparison, shown),
        "flags": [
            (when, flag)
            for when, audit in (("before", before), ("after", after))
            for flag in trust.flags(audit, True)
        ],
        "without_number": _without_number(rows),
        "versions": _versions(comparison),
        "terms": glossary.terms,
        "term": glossary.link,
        "place": html_glossary.place,
        "head": comparison_overview.head(comparison),
        "gates": comparison_overview.gates(comparison),
        "judged": comparison_overview.judgement(comparison),
        "gate_table": gate_table,
        "held_against": gates.held_against,
        "commands": [
            (when, command)
            for when, audit in (("before", before), ("after", after))
            if (command := overview.command(audit))
        ],
        **html_training.context(comparison, shown),
    }
    return html_page.draw("comparison.html", context)


def places(changes: Sequence[Change], change: Change) -> tuple[float, float, float] | None:
    """Place a difference and its interval from -1 to 1, 0 in the middle.

    The scale is that of the widest interval of ``changes``.
    """
    widest = max((abs(end) for other in changes for end in other.bounds or ()), default=0.0)
    if change.bounds is None or not widest:
        return None
    middle, low, high = (end / widest for end in change.bounds)
    return middle, low, high


def _pair(name: str, before: Sequence[float], after: Sequence[float]) -> Pair | None:
    """Draw the shares of rays not yet crossed on both models, where both were searched."""
    if not (before and after):
        return None
    return Pair(
        name,
        html_margins.curve_points(before),
        html_margins.curve_points(after),
        f"{name}. Before: {html_margins.curve_words(before)}. "
        f"After: {html_margins.curve_words(after)}",
    )


def _class_pair(comparison: ComparisonRecord, index: int) -> Pair | None:
    before, after = (
        audit.margins.per_class[index].not_crossed
        for audit in (comparison.before, comparison.after)
    )
    return _pair(view.class_name(comparison.before, index), before, after)


def _plots(comparison: ComparisonRecord) -> list[html_plot.Plot]:
    """Draw, for each attack with curves on both models, accuracy against strength."""
    plots = []
    audits = {"before": comparison.before, "after": comparison.after}
    after = {curve.name: curve for curve in given(comparison.after.curves, [])}
    for before in given(comparison.before.curves, []):
        pair = {"before": before, "after": after.get(before.name)}
        curves = [
            html_plot.Curve(
                when,
                curve.strengths,
                curve.accuracy,
                attack_view.plan(audits[when]).clean,
                _SERIES[when],
            )
            for when, curve in pair.items()
            if curve and curve.strengths
        ]
        if len(curves) == len(pair):
            seen = hardening_view.trained_on(comparison.hardening, before.name)
            plots.append(html_plot.make_plot(f"{printable(before.title)}{seen}", curves))
    return plots


def _without_number(rows: Sequence[comparison_view.ClassRow]) -> list[tuple[str, str]]:
    """List the figures of classes that have no difference, and why, each reason once."""
    reasons: dict[str, list[str]] = {}
    for row in rows:
        for change in row.changes:
            if change and change.missing:
                reasons.setdefault(f"{change.title}: {change.missing}", []).append(row.name)
    return [(f"No difference for {', '.join(names)}", text) for text, names in reasons.items()]


def _versions(comparison: ComparisonRecord) -> list[tuple[str, str]]:
    """List the versions of packages, both where they differ."""
    before, after = (audit.environment.packages for audit in (comparison.before, comparison.after))
    listed = []
    for name in dict.fromkeys([*before, *after]):
        versions = [before.get(name, "none"), after.get(name, "none")]
        text = (
            versions[0] if versions[0] == versions[1] else "{} before, {} after".format(*versions)
        )
        listed.append((printable(name), printable(text)))
    return listed
