"""What is drawn of an audit's record, as it is read."""

import re
from html import unescape
from typing import Any

from robaudit import TextLayout
from robaudit.plugins import report_named


def render(name: str, record: Any, layout: TextLayout | None = None) -> str:
    return report_named(name).render(record, layout or TextLayout())


def words(report: str) -> str:
    """Give what is read of a report: without tags, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", report)).split())


def percent(value: float) -> str:
    return f"{100 * value:.1f}%"
