"""Drawing a page from its template: everything escaped and in sight, nothing left undefined."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from robaudit.phrases import printable


def draw(template: str, context: dict[str, Any]) -> str:
    """Draw the page of a template."""
    environment = Environment(
        loader=PackageLoader("robaudit_report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    return environment.get_template(template).render(**context)


def _shown(value: Any) -> Any:
    """Let no text into a page that it would obey; markup was made here, of text that passed."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value
