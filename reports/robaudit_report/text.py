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
from robaudit_report import view

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
    return "\n".join(line.rstrip() for line in output.splitlines()) + "\n"


def _summary(record: Mapping[str, Any], layout: TextLayout) -> RenderableType:
    parts: list[RenderableType] = [
        Text(f"\n{view.title(record)}", style="bold"),
        Text(" ".join(view.verdict(record)) + "\n"),
    ]
    parts += [_marked("warning", "yellow", printable(text)) for text in record["warnings"]]
    parts += [_figures(record), _classes(record, layout)]
    if omission := view.omission(record):
        parts.append(Text(omission + "\n"))
    parts.append(Text(view.preprocessing_sentence(record) + "\n"))
    for outcome, sentence in view.gate_lines(record):
        parts.append(_marked(f"gate {outcome}", _OUTCOMES[outcome], sentence))
    return Group(*parts)


def _marked(mark: str, style: str, text: str) -> RenderableType:
    return Padding(Text.assemble((f"{mark}: ", style), text), (0, 0, 1, 0))


def _figures(record: Mapping[str, Any]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for figure in view.figures(record):
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
