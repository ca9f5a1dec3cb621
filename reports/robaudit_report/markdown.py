"""A summary in Markdown, for pull requests and job summaries."""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from robaudit import TextLayout
from robaudit.phrases import printable
from robaudit_report import view


def render(record: Mapping[str, Any], _layout: TextLayout) -> str:
    """Write the summary of a record as Markdown."""
    return "\n".join(_lines(record)) + "\n"


def escape(text: str) -> str:
    r"""Keep text from being read as Markdown or HTML.

    >>> escape("<b>a|b_c</b>")
    '&lt;b&gt;a\\|b\\_c&lt;/b&gt;'
    """
    return re.sub(r"([\\`*_{}\[\]#|~!])", r"\\\1", html.escape(printable(text), quote=False))


def _lines(record: Mapping[str, Any]) -> Iterator[str]:
    yield f"# Robustness audit: {escape(view.title(record))}"
    yield ""
    yield escape(" ".join(view.verdict(record)))
    yield ""
    for outcome, sentence in view.gate_lines(record):
        yield f"- **Gate {outcome}:** {escape(sentence)}"
    for warning in record["warnings"]:
        yield f"- **Warning:** {escape(warning)}"
    if record["gates"] or record["warnings"]:
        yield ""
    yield from _table(
        ["figure", "value", "95% interval"],
        [[figure.name, figure.value, figure.interval] for figure in view.figures(record)],
    )
    yield from _table(
        ["class", "samples", "accuracy", "margin", "95%", "rays crossed", "95%", "R_i", "level"],
        [
            [
                row.name,
                str(row.samples),
                row.accuracy,
                row.margin,
                row.margin_interval,
                row.crossing,
                row.crossing_interval,
                row.robustness,
                row.level,
            ]
            for row in view.class_rows(record)
        ],
    )
    if omission := view.omission(record):
        yield omission
        yield ""
    yield escape(view.preprocessing_sentence(record))


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for row in (header, ["---", *["---:"] * (len(header) - 1)], *rows):
        cells = row if row[0] == "---" else [escape(cell) for cell in row]
        yield "| " + " | ".join(cells) + " |"
    yield ""
