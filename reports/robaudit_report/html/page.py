"""Drawing a page from its template: everything escaped, nothing left undefined."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def draw(template: str, context: dict[str, Any]) -> str:
    """Draw the page of a template."""
    environment = Environment(
        loader=PackageLoader("robaudit_report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**context)
