"""The summary of a comparison for a terminal."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from robaudit import TextLayout
from robaudit.record.schema.comparison import ComparisonRecord
from robaudit_report.text import parts as text_parts
from robaudit_report.view import attacks as attack_view
from robaudit_report.view import comparison as comparison_view
from robaudit_report.view import comparison_overview
from robaudit_report.view import hardening as hardening_view
from robaudit_report.view.changes import BETTER, WORSE, Change

_STYLES = {BETTER: "green", WORSE: "bold red", "higher": "bold", "lower": "bold"}
_LONGEST_TITLE = 60
_ROOMY = 112
"""From this width on, there is room for adjusted p-values."""


def render(comparison: ComparisonRecord, layout: TextLayout) -> str:
    """Write the summary of a comparison; without colour it is plain text."""
    return text_parts.write(_summary(comparison, layout), layout)


def _summary(comparison: ComparisonRecord, layout: TextLayout) -> RenderableType:
    title = comparison_view.title(comparison)
    parts: list[RenderableType] = [
        Text("\n" + (title.replace("→", "->") if layout.ascii_only else title), style="bold")
    ]
    parts += text_parts.verdict(comparison)
    if comparison.hardening and (said := comparison_overview.gain_and_cost(comparison)):
        parts.append(Text(said + "\n", style="bold"))
    if outcome := comparison_view.outcome(comparison):
        parts.append(Text(outcome + "\n", style="bold"))
    parts.append(Text(comparison_view.verdict(comparison)))
    # The table with lines brings the empty line that the last of these leaves out.
    parts += [
        Padding(Text.assemble(("warning: ", "yellow"), text), (1, 0, 0, 0))
        for text in comparison_view.warnings(comparison)
    ]
    parts += _gates(comparison)
    if headline := comparison_view.headline(comparison):
        space = text_parts.space_of(layout)
        parts.append(Padding(_table("figure", headline, layout), (space, 0, space, 0)))
    return Group(
        *parts,
        *_attacks(comparison, layout),
        *_classes(comparison, layout),
        *_spread(comparison, layout),
    )


def _gates(comparison: ComparisonRecord) -> list[RenderableType]:
    lines = list(text_parts.gate_lines(comparison))
    return [Padding(Group(*lines), (1, 0, 0, 0))] if lines else []


def _attacks(comparison: ComparisonRecord, layout: TextLayout) -> list[RenderableType]:
    changes = comparison_view.attack_changes(comparison)
    if not changes:
        return []
    samples = attack_view.plan(comparison.before).samples
    return _titled(f"Attacks on {samples:,} samples", _table("attack", changes, layout), layout)


def _classes(comparison: ComparisonRecord, layout: TextLayout) -> list[RenderableType]:
    """Show what changed clearly in which class."""
    if not comparison_view.searched_classes(comparison):
        return []
    changes = comparison_view.clear_of_classes(comparison)
    parts: list[RenderableType] = []
    if changes:
        parts += _titled("Classes that changed clearly", _table("class", changes, layout), layout)
    sentences = (
        "" if changes else "No class changed clearly.",
        comparison_view.count_of_classes(comparison),
        comparison_view.omission(comparison),
    )
    return [*parts, Text(" ".join(filter(None, sentences)) + "\n")]


def _spread(comparison: ComparisonRecord, layout: TextLayout) -> list[RenderableType]:
    """Show how far the models of several seeds differ."""
    hardening = comparison.hardening
    if not hardening or not hardening.spread:
        return []
    table = text_parts.make_table(layout)
    table.add_column("figure", overflow="fold")
    for name in ("before", "mean", "lowest to highest"):
        table.add_column(name, justify="right", no_wrap=name != "lowest to highest")
    for figure in hardening_view.spread(hardening):
        table.add_row(*map(Text, (figure.title, figure.before, figure.mean, figure.range)))
    seeds = len(hardening.runs)
    return _titled(f"Spread over {seeds} seeds", table, layout)


def _titled(title: str, table: Table, layout: TextLayout) -> list[RenderableType]:
    space = text_parts.space_of(layout)
    heading = Padding(Text(title, style="bold"), (space, 0, 0, 0))
    return [heading, Padding(table, (space, 0, space, 0))]


def _table(name: str, changes: Sequence[Change], layout: TextLayout) -> Table:
    """Make a table of changes; what a narrow terminal has no room for is left out."""
    wide, narrow = layout.width >= text_parts.WIDE, layout.width < text_parts.NARROW
    table = text_parts.make_table(layout)
    table.add_column(name, overflow="fold")
    for column in ("before", "after", *([] if narrow else ["difference"])):
        table.add_column(column, justify="right", no_wrap=True)
    adjusted = layout.width >= _ROOMY and any(change.p_adjusted for change in changes)
    more = [*(["95 %", "p"] if wide else []), *(["adjusted"] if adjusted else [])]
    for column in more:
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("change", overflow="fold")
    for change in changes:
        label = (
            f"{_short(change.title)}: {change.note}" if name == "class" else _short(change.title)
        )
        cells = [label, change.before, change.after]
        cells += [] if narrow else [change.difference]
        cells += [change.interval, change.p_value] if wide else []
        cells += [change.p_adjusted or "-"] if adjusted else []
        mark = Text(change.mark or "-", style=_STYLES.get(change.mark, ""))
        table.add_row(*map(Text, cells), mark)
    return table


def _short(title: str) -> str:
    return title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1] + "…"
