"""Results as GitHub Markdown."""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from reproduction.rendering import tables
from reproduction.rendering.pictures import Figure, Results, Section, anchor, sections
from reproduction.rendering.wording import AGREEMENT_KEY, mixed_note, worked
from robaudit.phrases import printable

_SIGNS = r"([\\`*_|~$]|\](?=[(\[:]))"
"""What formats text in Markdown; brackets do so only before other brackets."""

Picture = Callable[[str], str]


def render_markdown(results: Results, picture: Picture | None) -> str:
    """Write results as Markdown.

    ``picture`` gives the path of a figure's picture; it is asked with the picture's name,
    such as ``mnist-figure-3``. Without it, figures are tables.
    """
    return "\n".join(_document(results, picture)) + "\n"


def escape(text: str) -> str:
    r"""Keep text from being read as Markdown or HTML.

    >>> escape("<b>a|b_c</b>")
    '&lt;b&gt;a\\|b\\_c&lt;/b&gt;'
    """
    return re.sub(_SIGNS, r"\\\1", html.escape(printable(text), quote=False))


def block(text: str) -> str:
    """Escape a whole line, which must not open a heading, a list or a box.

    >>> block("1. is no list")
    '&#49;. is no list'
    """
    return re.sub(r"^\s*([#+=\[-]|\d+(?=[.)]))", _literal, escape(text))


def _literal(match: re.Match[str]) -> str:
    return f"&#{ord(match[1][0])};{match[1][1:]}"


def _document(results: Results, picture: Picture | None) -> Iterator[str]:
    yield f"# {escape(results['title'])}"
    yield ""
    facts = (results["when"], f"scale {results['scale']}", results["machine"], worked(results))
    yield " · ".join(map(escape, facts))
    yield ""
    yield from _paragraphs(results.get("abstract", ()))
    yield from (f"- {block(sentence)}" for sentence in results["summary"])
    yield ""
    for section in sections(results):
        yield from _section(section, picture)
    if results["limits"]:
        yield from ("## What was done differently", "")
        yield from (f"- {block(sentence)}" for sentence in results["limits"])
        yield ""
    yield from ("## To run it again", "")
    command = [printable(line) for line in results["command"].splitlines()]
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", results["command"])), default=0))
    yield from (f"{fence}console", *command, fence, "")
    versions = (f"{escape(name)} {escape(one)}" for name, one in results["versions"].items())
    yield f"Made with {', '.join(versions)}.{escape(mixed_note(results))}"


def _section(section: Section, picture: Picture | None) -> Iterator[str]:
    yield from (f"## {escape(section['title'])}", "")
    yield from _paragraphs(section["what"])
    facts = []
    if section.get("seeds"):
        facts.append(f"Seeds {', '.join(map(str, section['seeds']))}")
    if section.get("seconds") is not None:
        facts.append(worked(section))
    if facts:
        yield from (f"{' · '.join(facts)}", "")
    for table in section.get("tables", ()):
        yield from _table(tables.view(table))
    for figure in section.get("figures", ()):
        yield from _figure(section, figure, picture)
    if section.get("agreement"):
        yield from ("### Agreement with the paper", "")
        yield from _paragraphs([AGREEMENT_KEY])
        rows = [
            [escape(one[key]) for key in ("where", "claim", "verdict", "text")]
            for one in section["agreement"]
        ]
        heads = ["where", "what the paper says", "verdict", "what was found"]
        yield from _grid(heads, rows, "---")
    if section.get("settings"):
        yield from ("### Settings", "")
        rows = [
            [escape(one.get(key, "")) for key in ("name", "value", "paper", "why")]
            for one in section["settings"]
        ]
        yield from _grid(["setting", "here", "in the paper", "why"], rows, "---")


def _paragraphs(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from (block(text), "")


def _table(table: tables.Table, heading: bool = True) -> Iterator[str]:
    """Write a table with its title above, and below it what its signs mean and its notes."""
    title = ": ".join(filter(None, (table.label, table.title)))
    yield from (f"### {escape(title)}" if heading else f"**{escape(title)}**", "")
    if table.caption:
        yield from (block(tables.sentence(table.caption)), "")
    header = [escape(one) for one in (table.corner, *(one.name for one in table.columns))]
    rows = [[escape(row.name), *map(_cell, row.cells)] for row in table.rows]
    yield from _grid(header, rows, "---:")
    if table.key:
        yield from (escape(table.key), "")
    for mark, note in table.notes:
        yield from (f"<sup>{mark}</sup> {escape(tables.sentence(note))}", "")
    yield from _paragraphs(table.reading)


def _cell(cell: tables.Cell) -> str:
    """Write a cell: the value, its interval in brackets, the paper's number in italics."""
    mark = f"<sup>{cell.mark}</sup>" if cell.mark else ""
    ours = f"{escape(cell.parts.value)}{mark}"
    if cell.parts.interval:
        ours += f" {html.escape(cell.parts.interval)}"
    return f"{ours} · *{html.escape(cell.parts.paper)}*" if cell.parts.paper else ours


def _grid(header: Sequence[str], rows: Iterable[Sequence[str]], align: str) -> Iterator[str]:
    """Write a table of escaped cells, its first column to the left."""
    for row in (header, ["---", *[align] * (len(header) - 1)], *rows):
        yield f"| {' | '.join(row)} |"
    yield ""


def _figure(section: Section, figure: Figure, picture: Picture | None) -> Iterator[str]:
    yield from (f"### {escape(figure['title'])}", "")
    if picture is not None:
        path = picture(anchor(section["id"], figure["id"]))
        yield from (f"![{escape(figure['title'])}]({path})", "")
    if figure.get("caption"):
        yield from (block(tables.sentence(figure["caption"])), "")
    yield from _paragraphs(figure.get("reading", ()))
    if picture is not None:
        yield from ("<details><summary>The numbers</summary>", "")
    for table in tables.figure_tables(figure):
        yield from _table(table, heading=False)
    if picture is not None:
        yield from ("</details>", "")
