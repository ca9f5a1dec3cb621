"""What summaries for a terminal are made of."""

import io
from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from robaudit import TextLayout
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.comparison import ComparisonRecord
from robaudit_report.view import gates

_OUTCOMES = {
    **dict.fromkeys(("passed", "pass"), "green"),
    **dict.fromkeys(("failed", "fail"), "bold red"),
    **dict.fromkeys(("inconclusive", "warning"), "yellow"),
}

NARROWEST = 40
NARROW, WIDE = 60, 96
"""Below the first width tables leave out what they can, from the second on they have intervals."""


def write(content: RenderableType, layout: TextLayout) -> str:
    """Write content as text; without colour it is plain text."""
    console = Console(
        file=io.StringIO(),
        width=max(layout.width, NARROWEST),
        force_terminal=layout.colour,
        no_color=not layout.colour,
        highlight=False,
        emoji=False,
        markup=False,
        legacy_windows=False,
    )
    console.print(content)
    output = console.file.getvalue()  # type: ignore[attr-defined]
    if layout.ascii_only:
        output = output.replace("…", "~")  # what rich marks a cut with
    return "\n".join(line.rstrip() for line in output.splitlines()) + "\n"


def marked(mark: str, style: str, text: str) -> RenderableType:
    """Put a mark before a paragraph."""
    return Padding(Text.assemble((f"{mark}: ", style), text), (0, 0, 1, 0))


def verdict(record: AuditRecord | ComparisonRecord) -> Iterator[RenderableType]:
    """Write what all gates come to."""
    outcome, sentence = gates.verdict_line(record)
    if outcome:
        yield marked(outcome.upper(), _OUTCOMES[outcome], sentence)
    elif sentence:
        yield Text(sentence + "\n")


def gate_lines(record: AuditRecord | ComparisonRecord) -> Iterator[RenderableType]:
    """Write what the verdict rests on."""
    for mark, outcome, sentence in gates.lines(record):
        yield marked(mark, _OUTCOMES.get(outcome, ""), sentence)


def make_table(layout: TextLayout) -> Table:
    """Make an empty table with a line below its head, where lines can be drawn."""
    return Table(
        box=None if layout.ascii_only else SIMPLE_HEAD, padding=(0, 1, 0, 0), header_style="bold"
    )


def make_table_of_classes(
    layout: TextLayout, columns: Sequence[str], rows: Sequence[Sequence[str]]
) -> Table:
    """Make the table of classes, a row a class, its name first.

    Names are cut where there is no room for them, numbers never: rich would cut these too.
    """
    table = make_table(layout)
    widths = [
        max(cell_len(text) for text in (*title.split(), *(row[1 + place] for row in rows)))
        for place, title in enumerate(columns)
    ]
    between = 2 * len(columns) + 3
    room = max(layout.width, NARROWEST) - sum(widths) - between
    table.add_column("class", overflow="ellipsis", no_wrap=True, max_width=max(room, 1))
    for title, width in zip(columns, widths, strict=True):
        whole = cell_len(title) <= width
        table.add_column(title, justify="right", no_wrap=whole, min_width=width)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def space_of(layout: TextLayout) -> int:
    """Count the empty lines that go around a table: one with lines brings its own."""
    return 1 if layout.ascii_only else 0
