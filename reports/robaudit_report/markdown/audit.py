"""A summary in Markdown, for pull requests and job summaries."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence

from robaudit import TextLayout
from robaudit.phrases import printable
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit_report.view import attacks as attack_view
from robaudit_report.view import audit as view
from robaudit_report.view import consistency, gates, how, measures, paper, summary, trust, words
from robaudit_report.view.audit import RIGHT


def render(record: AuditRecord, _layout: TextLayout) -> str:
    """Write the summary of a record as Markdown."""
    return "\n".join(_lines(record)) + "\n"


def escape(text: str) -> str:
    r"""Keep text from being read as Markdown or HTML.

    >>> escape("<b>a|b_c</b>")
    '&lt;b&gt;a\\|b\\_c&lt;/b&gt;'
    """
    return re.sub(r"([\\`*_{}\[\]#|~!])", r"\\\1", html.escape(printable(text), quote=False))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Write a table, its first column to the left and the others to the right."""
    for row in (header, ["---", *["---:"] * (len(header) - 1)], *rows):
        cells = row if row[0] == "---" else [escape(cell) for cell in row]
        yield "| " + " | ".join(cells) + " |"
    yield ""


def _lines(record: AuditRecord) -> Iterator[str]:
    yield f"# Robustness audit: {escape(view.title(record))}"
    yield ""
    outcome, sentence = gates.verdict_line(record)
    if sentence:
        yield f"**{outcome.upper()}:** {escape(sentence)}" if outcome else escape(sentence)
        yield ""
    yield escape(summary.verdict(record))
    yield ""
    bearing = gates.lines(record)
    for mark, _, sentence in bearing:
        yield f"- **{mark.capitalize()}:** {escape(sentence)}"
    for warning in record.warnings:
        yield f"- **Warning:** {escape(warning)}"
    if bearing or record.warnings:
        yield ""
    yield from table(["figure", "value", "95% interval"], _figure_rows(record))
    yield escape(f"The smallest class margin was {view.worst_classes(record)}")
    yield ""
    yield from table(*_class_table(record))
    for sentence in (
        *view.without_interval(record),
        view.omission(record),
        consistency.sentence(record),
    ):
        yield from (escape(sentence), "") if sentence else ()
    if attack_view.attacked(record):
        yield from _attacks(record)
    for made in measures.tables(record):
        yield f"**{escape(made.title)}**"
        yield ""
        yield from table(made.columns, made.rows)
        yield escape(made.note)
        yield ""
    for sentence in measures.skipped(record):
        yield escape(sentence)
        yield ""
    if known := how.precision(record):
        yield escape(known)
        yield ""
    yield escape(how.preprocessing_sentence(record))
    yield ""
    yield from _paper(record)


def _paper(record: AuditRecord) -> Iterator[str]:
    """Write the paper's measures, which depend on how much was searched."""
    yield "## The paper's measures"
    yield ""
    yield escape(paper.robustness(record))
    yield ""
    head = ["class", "R_i", "95%", "level by R_i"]
    rows = [[row.name, row.robustness, row.interval, row.level] for row in paper.ranking(record)]
    yield from table(head, rows)


def _figure_rows(record: AuditRecord) -> Iterator[Sequence[str]]:
    for figure in summary.figures(record):
        yield (figure.name, figure.value, figure.interval)
        if figure.of_right:
            yield (f"{figure.name}, {RIGHT}", *figure.of_right)


def _class_table(record: AuditRecord) -> tuple[Sequence[str], list[Sequence[str]]]:
    """Give the head and the rows of the table of classes."""
    margins, crossings = ["margin", "95%"], ["rays crossed", "95%"]
    if view.right_at_start(record):
        margins += [f"margin, {RIGHT}", "95%"]
        crossings += [f"rays crossed, {RIGHT}", "95%"]
    rows: list[Sequence[str]] = []
    for row in view.class_rows(record):
        samples, own = str(row.samples), row.of_right
        margin, crossing = (
            [row.margin, row.margin_interval],
            [row.crossing, row.crossing_interval],
        )
        if own:
            samples = f"{samples}, {own.samples} right"
            margin += [own.margin, own.margin_interval]
            crossing += [own.crossing, own.crossing_interval]
        rows.append([row.name, samples, row.accuracy, *margin, *crossing])
    return ["class", "samples", "accuracy", *margins, *crossings], rows


def _attacks(record: AuditRecord) -> Iterator[str]:
    """Write the trust flags that were raised, the attacks, and how they fit the margins."""
    for flag in trust.flags(record, True):
        yield f"- **Trust flag raised:** {escape(flag.name)}. {escape(flag.sentence)}"
    if counts := trust.flag_counts(record):
        yield from ("", counts, "") if trust.flags(record, True) else (counts, "")
    if record.attacks:
        yield from table(_ATTACK_COLUMNS, _attack_rows(record))
    for sentence in attack_view.given_too_little(record):
        yield escape(sentence)
        yield ""
    if closest := given(record.closest, None):
        yield escape(closest.sentence)
        yield ""


_ATTACK_COLUMNS = (
    *("attack", "budget", "robust accuracy", "95%", "worst class", "median distance"),
    "evaluations",
)


def _attack_rows(record: AuditRecord) -> Iterator[Sequence[str]]:
    clean = attack_view.plan(record).clean
    value, interval = words.percent(clean.value), words.estimate_interval(clean, words.percent)
    yield ("none", "", value, interval, "", "", "")
    for row in attack_view.attack_rows(record):
        if row.skipped:
            yield (row.title, row.budget, f"did not run: {row.skipped}", "", "", "", "")
        else:
            yield (
                f"{row.title}: {row.members}" if row.members else row.title,
                *(row.budget, row.marked, row.interval),
                *(row.worst_class, row.distance, row.evaluations),
            )
