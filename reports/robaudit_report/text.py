"""The summary for a terminal."""

import io
from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from robaudit import TextLayout
from robaudit.phrases import printable
from robaudit_report import attack_view, summary, view

_OUTCOMES = {"passed": "green", "failed": "bold red", "inconclusive": "yellow"}
_LEVELS = {"high": "green", "medium": "", "low": "red", "-": ""}


def render(record: Mapping[str, Any], layout: TextLayout) -> str:
    """Write the summary of a record; without colour it is plain text."""
    console = Console(
        file=io.StringIO(),
        width=max(layout.width, 40),
        force_terminal=layout.colour,
        no_color=not layout.colour,
        highlight=False,
        emoji=False,
        markup=False,
        legacy_windows=False,
    )
    console.print(_summary(record, layout))
    output = console.file.getvalue()  # type: ignore[attr-defined]
    if layout.ascii_only:
        output = output.replace("…", "~")  # what rich marks a cut with
    return "\n".join(line.rstrip() for line in output.splitlines()) + "\n"


def _summary(record: Mapping[str, Any], layout: TextLayout) -> RenderableType:
    parts: list[RenderableType] = [
        Text(f"\n{view.title(record)}", style="bold"),
        Text(summary.verdict(record) + "\n"),
    ]
    parts += [_marked("warning", "yellow", printable(text)) for text in record["warnings"]]
    parts += [_figures(record), _classes(record, layout)]
    if omission := view.omission(record):
        parts.append(Text(omission + "\n"))
    if attack_view.attacked(record):
        parts += _attacks(record, layout)
    parts.append(Text(view.preprocessing_sentence(record) + "\n"))
    for outcome, sentence in view.gate_lines(record):
        parts.append(_marked(f"gate {outcome}", _OUTCOMES[outcome], sentence))
    return Group(*parts)


def _marked(mark: str, style: str, text: str) -> RenderableType:
    return Padding(Text.assemble((f"{mark}: ", style), text), (0, 0, 1, 0))


def _figures(record: Mapping[str, Any]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for figure in summary.figures(record):
        table.add_row(figure.name, Text(figure.value, style="bold"), figure.interval)
    return table


def _classes(record: Mapping[str, Any], layout: TextLayout) -> Table:
    """Make the table of classes; intervals are left out where the terminal is narrow."""
    wide = layout.width >= 96
    table = Table(
        box=None if layout.ascii_only else SIMPLE_HEAD, padding=(0, 1, 0, 0), header_style="bold"
    )
    table.add_column("class", overflow="ellipsis", no_wrap=True, max_width=24)
    for name in ("accuracy", "margin", *(["95 %"] if wide else []), "rays crossed"):
        table.add_column(name, justify="right", no_wrap=name != "rays crossed")
    table.add_column("R_i", justify="right")
    table.add_column("level")
    for row in view.class_rows(record):
        cells = [row.name, row.accuracy, row.margin]
        if wide:
            cells.append(row.margin_interval)
        cells += [row.crossing, row.robustness]
        table.add_row(*map(Text, cells), Text(row.level, style=_LEVELS[row.level]))
    return table


def _attacks(record: Mapping[str, Any], layout: TextLayout) -> list[RenderableType]:
    """Show the trust flags that were raised, the attacks, and why some did not run."""
    # A table with lines begins and ends with an empty one.
    space = (1 if layout.ascii_only else 0, 0, 0, 0)
    heading = f"Attacks on {record['attack_plan']['samples']:,} samples"
    parts: list[RenderableType] = [Padding(Text(heading, style="bold"), space)]
    parts += [
        Padding(Text.assemble(("trust flag: ", "bold red"), f"{one.name}. {one.sentence}"), space)
        for one in attack_view.flags(record, True)
    ]
    if record["attacks"]:
        parts.append(Padding(_attack_table(record, layout), (*space[:2], space[0], 0)))
    parts += [
        Text(f"Did not run: {titles} ({reason}).\n")
        for titles, reason in attack_view.skipped(record)
    ]
    closest = record.get("closest")
    sentences = [
        attack_view.trust_counts(record),
        printable(closest["sentence"]) if closest else "",
    ]
    return [*parts, *(Text(sentence + "\n") for sentence in sentences if sentence)]


def _attack_table(record: Mapping[str, Any], layout: TextLayout) -> Table:
    """Make the table of attacks; what a narrow terminal has no room for is left out."""
    wide = layout.width >= 96
    table = Table(
        box=None if layout.ascii_only else SIMPLE_HEAD, padding=(0, 1, 0, 0), header_style="bold"
    )
    table.add_column("attack", overflow="fold")
    table.add_column("budget", overflow="fold")
    table.add_column("robust", justify="right", no_wrap=True)
    for name in ("95 %", "worst class", "distance", "evaluations") if wide else ():
        table.add_column(name, justify="right", overflow="ellipsis", no_wrap=True, max_width=24)
    clean = record["attack_plan"]["clean"]
    rows = [("none", "", view.percent(clean["value"]))]
    details = [(view.estimate_interval(clean, view.percent), "", "", "")]
    for row in attack_view.attack_rows(record):
        rows.append((row.title, row.budget, "not run" if row.skipped else row.accuracy))
        found = (row.interval, row.worst_class, row.distance, row.evaluations)
        details.append(("", "", "", "") if row.skipped else found)
    for cells, more in zip(rows, details, strict=True):
        table.add_row(*map(Text, [*cells, *(more if wide else ())]))
    return table
