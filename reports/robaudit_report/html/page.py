"""Drawing a page from its template: everything escaped and in sight, nothing left undefined."""

import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from robaudit.phrases import printable

CONTENTS = "<!-- contents -->"
"""Stands in a template where the list of its sections goes."""

_HEADING = re.compile(r'<h2 id="([\w-]+)">(.*?)</h2>')


def draw(template: str, context: dict[str, Any]) -> str:
    """Draw the page of a template, and list its sections where it says `CONTENTS`."""
    environment = Environment(
        loader=PackageLoader("robaudit_report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    page = environment.get_template(template).render(**context)
    return page.replace(CONTENTS, contents(page), 1)


def contents(page: str) -> str:
    """List the sections of a page as links; text of others cannot be taken for a heading.

    >>> contents('<h2 id="how">How</h2> &lt;h2 id="x"&gt;no&lt;/h2&gt;')
    '<li><a href="#how">How</a></li>'
    """
    return "".join(
        f'<li><a href="#{place}">{title}</a></li>' for place, title in _HEADING.findall(page)
    )


def _shown(value: Any) -> Any:
    """Let no text into a page that it would obey; markup was made here, of text that passed."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value
