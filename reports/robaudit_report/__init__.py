"""The reports that come with robaudit: JSON, HTML, text for terminals, Markdown, and CI's own.

All are drawn from the record alone, that of an audit or that of a comparison. Each is
imported when it is asked for, and handed the record by its types.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from robaudit import Report, TextLayout


def _validate(plain: Any) -> None:
    """Raise RecordError for what is the record of no audit, and of no comparison either."""
    import_module("robaudit.record").check_record(plain)


def _render_json(plain: Mapping[str, Any], _layout: TextLayout) -> str:
    content: str = import_module("robaudit.record").to_json(plain)
    return content + "\n"


def _renderer(module: str) -> Callable[[Mapping[str, Any], TextLayout], str]:
    def render(plain: Mapping[str, Any], layout: TextLayout) -> str:
        record = import_module("robaudit.record").check_record(plain)
        content: str = import_module(f"robaudit_report.{module}").render(record, layout)
        return content

    return render


def _report(name: str, suffix: str) -> Report:
    of_audits, of_comparisons = (_renderer(f"{name}.{of}") for of in ("audit", "comparison"))
    return Report(name, suffix, of_audits, _validate, of_comparisons)


JSON = Report("json", ".json", _render_json, _validate, _render_json)
HTML = _report("html", ".html")
TEXT = _report("text", ".txt")
MARKDOWN = _report("markdown", ".md")


def _report_of_gates(name: str, module: str, suffix: str) -> Report:
    """Make a report that is drawn alike of an audit and of a comparison."""
    render = _renderer(module)
    return Report(name, suffix, render, _validate, render)


SUMMARY = _report_of_gates("summary", "markdown.summary", ".md")
SARIF = _report_of_gates("sarif", "sarif.log", ".sarif")
JUNIT = _report_of_gates("junit", "junit.suites", ".xml")
ANNOTATIONS = _report_of_gates("annotations", "annotations.commands", ".txt")
