"""Results as one HTML page that needs nothing else: no script, no network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reproduction.rendering import look, pictures, tables, wording
from robaudit.phrases import printable
from robaudit_report import svg


def render_html(results: pictures.Results) -> str:
    """Write results as a page, light or dark as its reader likes it."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    known = pictures.known_names(results)
    return environment.get_template("page.html.jinja").render(
        results={"abstract": (), **results},
        sections=[_section(section, known) for section in pictures.sections(results)],
        command=[printable(line) for line in results["command"].splitlines()],
        light=Markup(look.css_colours(look.LIGHT)),  # noqa: S704 - constants
        dark=Markup(look.css_colours(look.DARK)),  # noqa: S704 - constants
        worked=wording.worked,
        mixed_note=wording.mixed_note(results),
        agreement_key=wording.AGREEMENT_KEY,
        sentence=tables.sentence,
    )


def _shown(value: Any) -> Any:
    """Make text printable; what is markup already was made so before."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _section(section: pictures.Section, known: Sequence[str]) -> dict[str, Any]:
    """Give a section with its tables and figures as they are shown."""
    name = pictures.anchor(section["id"])
    shown = [tables.view(table) for table in section.get("tables", ())]
    figures = [_figure(name, figure, known) for figure in section.get("figures", ())]
    return {
        "id": name,
        "title": section["title"],
        "what": section["what"],
        "seeds": section.get("seeds", ()),
        "facts": "" if section.get("seconds") is None else wording.worked(section),
        "agreement": section.get("agreement", ()),
        "settings": section.get("settings", ()),
        "tables": [(pictures.anchor(name, table.id), table) for table in shown],
        "figures": figures,
    }


def _figure(section: str, figure: pictures.Figure, known: Sequence[str]) -> dict[str, Any]:
    """Draw a figure, and give its numbers as tables."""
    name = pictures.anchor(section, figure["id"])
    label, title = tables.split_title(figure["title"])
    drawn = [
        # What is escaped already, by `svg.escape`, must not be so again.
        Markup(svg.picture(drawing, f"{name}-{index}"))  # noqa: S704
        for index, drawing in enumerate(pictures.drawings(figure, known))
    ]
    curves = figure["kind"] == "curves"
    return {
        "id": name,
        "label": label,
        "title": title,
        "caption": figure.get("caption", ""),
        "kind": figure["kind"],
        "pictures": drawn if curves else drawn[:-1],
        "scale": None if curves else drawn[-1],
        "tables": list(tables.figure_tables(figure)),
        "reading": figure.get("reading", ()),
    }
