"""What an audit leaves behind: its record, written down, written to files and read back.

A door: these names, and the types of records in `robaudit.record.schema`, are what reports
draw from. They are loaded when they are first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from robaudit.record.audit_record import make_record as make_record
    from robaudit.record.headline_figures import headlines as headlines
    from robaudit.record.headline_figures import headlines_beside as headlines_beside
    from robaudit.record.headline_figures import (
        headlines_right_at_start as headlines_right_at_start,
    )
    from robaudit.record.plain import to_json as to_json
    from robaudit.record.schema.check import check_record as check_record

_HOMES = {  # the public names, and where each is defined
    "check_record": "robaudit.record.schema.check",
    "headlines": "robaudit.record.headline_figures",
    "headlines_beside": "robaudit.record.headline_figures",
    "headlines_right_at_start": "robaudit.record.headline_figures",
    "make_record": "robaudit.record.audit_record",
    "to_json": "robaudit.record.plain",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Load a public name from the module that defines it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'robaudit.record' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """List the public names, whether they are loaded or not."""
    return list(__all__)
