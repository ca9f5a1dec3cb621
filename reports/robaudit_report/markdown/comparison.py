"""A summary of a comparison in Markdown, for pull requests and job summaries."""

from collections.abc import Iterator, Sequence

from robaudit import TextLayout
from robaudit.record.schema.comparison import ComparisonRecord
from robaudit_report.markdown.audit import escape, table
from robaudit_report.view import attacks as attack_view
from robaudit_report.view import comparison as comparison_view
from robaudit_report.view import comparison_overview, gates
from robaudit_report.view import hardening as hardening_view
from robaudit_report.view.changes import Change


def render(comparison: ComparisonRecord, _layout: TextLayout) -> str:
    """Write the summary of a comparison as Markdown."""
    return "\n".join(_lines(comparison)) + "\n"


_LABELS = {"figure": "{}", "attack": "{} ({})", "class": "{}: {}"}


def _lines(comparison: ComparisonRecord) -> Iterator[str]:
    yield f"# Before and after: {escape(comparison_view.title(comparison))}"
    yield ""
    said, sentence = gates.verdict_line(comparison)
    if sentence:
        yield f"**{said.upper()}:** {escape(sentence)}" if said else escape(sentence)
        yield ""
    if comparison.hardening and (said := comparison_overview.gain_and_cost(comparison)):
        yield f"**{escape(said)}**"
        yield ""
    if outcome := comparison_view.outcome(comparison):
        yield f"**{escape(outcome)}**"
        yield ""
    if verdict := comparison_view.verdict(comparison):
        yield escape(verdict)
        yield ""
    lines = gates.lines(comparison)
    for mark, _, text in lines:
        yield f"- **{mark.capitalize()}:** {escape(text)}"
    if lines:
        yield ""
    warnings = comparison_view.warnings(comparison)
    for warning in warnings:
        yield f"- **Warning:** {escape(warning)}"
    if warnings:
        yield ""
    if headline := comparison_view.headline(comparison):
        yield from _table("figure", headline)
    yield from _attacks(comparison)
    yield from _classes(comparison)
    yield from _spread(comparison)


def _attacks(comparison: ComparisonRecord) -> Iterator[str]:
    if changes := comparison_view.attack_changes(comparison):
        yield f"## Attacks on {attack_view.plan(comparison.before).samples:,} samples"
        yield ""
        yield from _table("attack", changes)


def _classes(comparison: ComparisonRecord) -> Iterator[str]:
    """Write what changed clearly in which class."""
    if not comparison_view.searched_classes(comparison):
        return
    yield "## Classes that changed clearly"
    yield ""
    if changes := comparison_view.clear_of_classes(comparison):
        yield from _table("class", changes)
    else:
        yield "No class changed clearly."
        yield ""
    sentences = comparison_view.count_of_classes(comparison), comparison_view.omission(comparison)
    yield " ".join(filter(None, sentences))
    yield ""


def _spread(comparison: ComparisonRecord) -> Iterator[str]:
    """Write how far the models of several seeds differ."""
    hardening = comparison.hardening
    if not hardening or not hardening.spread:
        return
    yield f"## Spread over {len(hardening.runs)} seeds"
    yield ""
    yield from table(
        ["figure", "before", "mean", "lowest to highest", "standard deviation"],
        [
            [figure.title, figure.before, figure.mean, figure.range, figure.deviation]
            for figure in hardening_view.spread(hardening)
        ],
    )


def _table(name: str, changes: Sequence[Change]) -> Iterator[str]:
    """Write a table of changes, with the reason where there is no difference."""
    adjusted = any(change.p_adjusted for change in changes)
    header = [name, "before", "after", "difference", "95%", "p"]
    header += ["p, adjusted", "change"] if adjusted else ["change"]
    rows = []
    for change in changes:
        cells = [
            _LABELS[name].format(change.title, change.note),
            change.before,
            change.after,
            change.difference,
            change.interval,
            change.p_value,
        ]
        cells += [change.p_adjusted or "-"] if adjusted else []
        rows.append([*cells, f"no difference: {change.missing}" if change.missing else change.mark])
    yield from table(header, rows)
