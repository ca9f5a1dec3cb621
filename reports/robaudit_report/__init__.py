"""The reports that come with robaudit: JSON, HTML, text for terminals, Markdown.

All are drawn from the record alone, that of an audit or that of a comparison. Each is
imported when it is asked for.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from robaudit import Report, TextLayout


def _renderer(module: str) -> Callable[[Mapping[str, Any], TextLayout], str]:
    def render(record: Mapping[str, Any], layout: TextLayout) -> str:
        content: str = import_module(f"robaudit_report.{module}").render(record, layout)
        return content

    return render


def _validate(record: Any) -> None:
    import_module("robaudit_report.schema").validate(record)


def _report(name: str, suffix: str, module: str, of_comparisons: str) -> Report:
    return Report(name, suffix, _renderer(module), _validate, _renderer(of_comparisons))


JSON = _report("json", ".json", "as_json", "as_json")
HTML = _report("html", ".html", "html.audit", "html.comparison")
TEXT = _report("text", ".txt", "text.audit", "text.comparison")
MARKDOWN = _report("markdown", ".md", "markdown.audit", "markdown.comparison")
