"""The summary for a terminal."""

from rich.console import Group, JustifyMethod, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from robaudit import TextLayout
from robaudit.phrases import printable
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit_report.text import parts as text_parts
from robaudit_report.view import attacks as attack_view
from robaudit_report.view import audit as view
from robaudit_report.view import consistency, how, measures, paper, summary, trust, words
from robaudit_report.view.audit import RIGHT


def render(record: AuditRecord, layout: TextLayout) -> str:
    """Write the summary of a record; without colour it is plain text."""
    return text_parts.write(_summary(record, layout), layout)


def _summary(record: AuditRecord, layout: TextLayout) -> RenderableType:
    parts: list[RenderableType] = [
        Text(f"\n{view.title(record)}", style="bold"),
        *text_parts.verdict(record),
        Text(summary.verdict(record) + "\n"),
    ]
    parts += [text_parts.marked("warning", "yellow", printable(text)) for text in record.warnings]
    parts += [_figures(record), _worst_classes(record, layout)]
    parts += [_classes(record, layout), *_right_at_start(record, layout)]
    sentences = [
        *view.without_interval(record),
        view.omission(record),
        consistency.sentence(record),
        paper.robustness(record),
        how.precision(record),
    ]
    parts += [Text(sentence + "\n") for sentence in sentences if sentence]
    if attack_view.attacked(record):
        parts += _attacks(record, layout)
    parts += _measures(record, layout)
    parts.append(Text(how.preprocessing_sentence(record) + "\n"))
    parts += text_parts.gate_lines(record)
    return Group(*parts)


def _worst_classes(record: AuditRecord, layout: TextLayout) -> RenderableType:
    # The table that follows brings the empty line where it has lines.
    sentence = f"The smallest class margin was {view.worst_classes(record)}"
    return Padding(Text(sentence), (1, 0, text_parts.space_of(layout), 0))


def _figures(record: AuditRecord) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for figure in summary.figures(record):
        table.add_row(figure.name, Text(figure.value, style="bold"), figure.interval)
        if figure.of_right:
            table.add_row(f"  {RIGHT}", *figure.of_right)
    return table


def _classes(record: AuditRecord, layout: TextLayout) -> Table:
    """Make the table of classes; what a narrow terminal has no room for is left out."""
    wide = layout.width >= text_parts.WIDE
    columns = ("accuracy", "margin", *(["95 %"] if wide else []), "rays crossed")
    rows = [
        (row.name, row.accuracy, row.margin, *([row.margin_interval] if wide else []), row.crossing)
        for row in view.class_rows(record)
    ]
    return text_parts.make_table_of_classes(layout, columns, rows)


def _right_at_start(record: AuditRecord, layout: TextLayout) -> list[RenderableType]:
    """Show the margins of classes once more, without the samples that are misclassified."""
    right = view.right_at_start(record)
    if right is None:
        return []
    wide = layout.width >= text_parts.NARROW
    columns = ("samples", "margin", *(["95 %"] if wide else []), "rays crossed")
    rows = []
    for row in view.class_rows(record):
        if (own := row.of_right) is not None:
            interval = [own.margin_interval] if wide else []
            rows.append((row.name, str(own.samples), own.margin, *interval, own.crossing))
    table = text_parts.make_table_of_classes(layout, columns, rows)
    searched = record.plan.samples
    heading = f"Only the {right.samples:,} of {searched:,} samples that are {RIGHT}"
    space = text_parts.space_of(layout)
    return [
        Padding(Text(heading, style="bold"), (space, 0, 0, 0)),
        Padding(table, (space, 0, space, 0)),
    ]


def _attacks(record: AuditRecord, layout: TextLayout) -> list[RenderableType]:
    """Show the trust flags that were raised, the attacks, and why some did not run."""
    space = (text_parts.space_of(layout), 0, 0, 0)
    heading = f"Attacks on {attack_view.plan(record).samples:,} samples"
    parts: list[RenderableType] = [Padding(Text(heading, style="bold"), space)]
    parts += [
        Padding(Text.assemble(("trust flag: ", "bold red"), f"{flag.name}. {flag.sentence}"), space)
        for flag in trust.flags(record, True)
    ]
    if record.attacks:
        parts.append(Padding(_attack_table(record, layout), (*space[:2], space[0], 0)))
    parts += [Text(sentence + "\n") for sentence in attack_view.made_of(record)]
    parts += [Text(sentence + "\n") for sentence in attack_view.given_too_little(record)]
    parts += [
        Text(f"Did not run: {titles} ({reason}).\n")
        for titles, reason in attack_view.skipped(record)
    ]
    closest = given(record.closest, None)
    sentences = [
        trust.flag_counts(record),
        printable(closest.sentence) if closest else "",
    ]
    return [*parts, *(Text(sentence + "\n") for sentence in sentences if sentence)]


def _measures(record: AuditRecord, layout: TextLayout) -> list[RenderableType]:
    """Show what was measured beside attacks, where it was asked for."""
    space = text_parts.space_of(layout)
    parts: list[RenderableType] = []
    for made in measures.tables(record):
        table = text_parts.make_table(layout)
        wide = layout.width >= text_parts.WIDE
        kept = range(len(made.columns)) if wide else made.narrow
        for place in kept:
            justify: JustifyMethod = "right" if place else "left"
            table.add_column(made.columns[place], justify=justify, overflow="fold")
        for row in made.rows:
            table.add_row(*(Text(row[place]) for place in kept))
        parts.append(Padding(Text(made.title, style="bold"), (space, 0, 0, 0)))
        parts.append(Padding(table, (space, 0, space, 0)))
        parts.append(Text(made.note + "\n"))
    return [*parts, *(Text(sentence + "\n") for sentence in measures.skipped(record))]


def _attack_table(record: AuditRecord, layout: TextLayout) -> Table:
    """Make the table of attacks; what a narrow terminal has no room for is left out."""
    wide = layout.width >= text_parts.WIDE
    table = text_parts.make_table(layout)
    table.add_column("attack", overflow="fold")
    table.add_column("budget", overflow="fold")
    table.add_column("robust", justify="right", no_wrap=True)
    for name in ("95 %", "worst class", "distance", "evaluations") if wide else ():
        table.add_column(name, justify="right", overflow="ellipsis", no_wrap=True, max_width=24)
    clean = attack_view.plan(record).clean
    rows = [("none", "", words.percent(clean.value))]
    details = [(words.estimate_interval(clean, words.percent), "", "", "")]
    for row in attack_view.attack_rows(record):
        rows.append((row.title, row.budget, "not run" if row.skipped else row.marked))
        figures = (row.interval, row.worst_class, row.distance, row.evaluations)
        details.append(("", "", "", "") if row.skipped else figures)
    for cells, more in zip(rows, details, strict=True):
        table.add_row(*map(Text, [*cells, *(more if wide else ())]))
    return table
