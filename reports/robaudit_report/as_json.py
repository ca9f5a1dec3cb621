"""The record itself, as ``audit.json`` or ``comparison.json`` holds it."""

from collections.abc import Mapping
from typing import Any

from robaudit import TextLayout
from robaudit.record import to_json


def render(record: Mapping[str, Any], _layout: TextLayout) -> str:
    """Write the record as JSON."""
    return to_json(record) + "\n"
