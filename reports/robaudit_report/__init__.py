"""The reports that come with robaudit: JSON, HTML, text for terminals, Markdown.

All are drawn from the record alone. Each is imported when it is asked for.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from robaudit import Report, TextLayout


def _report(name: str, suffix: str, module: str) -> Report:
    def render(record: Mapping[str, Any], layout: TextLayout) -> str:
        content: str = import_module(f"robaudit_report.{module}").render(record, layout)
        return content

    def validate(record: Any) -> None:
        import_module("robaudit_report.schema").validate(record)

    return Report(name, suffix, render, validate)


JSON = _report("json", ".json", "as_json")
HTML = _report("html", ".html", "html")
TEXT = _report("text", ".txt", "text")
MARKDOWN = _report("markdown", ".md", "markdown")
