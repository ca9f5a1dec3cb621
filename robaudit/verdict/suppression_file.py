"""``[[suppress]]``: what lets gates be, until a day, as it is written in a file."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from robaudit.errors import UsageError
from robaudit.metrics.gates import GATEABLE, Source
from robaudit.phrases import did_you_mean
from robaudit.verdict.gate_file import at, check_keys, list_of_tables

KEYS = ("gate", "class", "model", "until", "reason")
ON = KEYS[:3]


@dataclass(frozen=True)
class Suppression:
    """Lets gates be that are not passed, up to and including the day ``until``.

    ``gate`` is a gate's name, or its metric; ``of_class`` a class, as gates name it; ``model``
    a pattern of model names, as shells have them. Each ``None`` means any.
    """

    gate: str | None
    of_class: str | None
    model: str | None
    until: datetime.date
    reason: str
    source: Source | None = None


def read_suppressions(tables: Any, sources: Sequence[Source]) -> list[Suppression]:
    """Read ``[[suppress]]`` tables, each written down at its source.

    Raises UsageError for one without an end, a reason, or anything that it is on.
    """
    checked = list_of_tables(tables, "suppress", sources)
    return [_read(table, source) for table, source in zip(checked, sources, strict=True)]


def _read(table: Mapping[str, Any], source: Source) -> Suppression:
    check_keys(table, KEYS, "suppress", source)
    on = {key: _text(table, key, source) for key in ON}
    if not any(on.values()):
        raise UsageError(
            f"{at(source)}: a suppress on everything", expected="one at least of " + ", ".join(ON)
        )
    metric = (on["gate"] or "").partition("/")[0]
    if metric and metric not in GATEABLE:
        raise UsageError(
            f"{at(source)}: gate = {on['gate']!r}",
            expected="the name of a gate, or of a metric: " + ", ".join(GATEABLE),
            advice=did_you_mean(metric, GATEABLE),
        )
    reason = _text(table, "reason", source)
    if reason is None:
        raise UsageError(
            f"{at(source)}: a suppress without a reason", expected="reason, for who reads it later"
        )
    return Suppression(on["gate"], on["class"], on["model"], _date(table, source), reason, source)


def _text(table: Mapping[str, Any], key: str, source: Source) -> str | None:
    value = table.get(key)
    if value is None:
        return None
    if key == "class" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{at(source)}: {key} = {value!r}", expected="words in quotes")
    return value


def _date(table: Mapping[str, Any], source: Source) -> datetime.date:
    value = table.get("until")
    if isinstance(value, str):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            pass
    elif isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    found = "a suppress without an end" if value is None else f"until = {value!s}"
    raise UsageError(f"{at(source)}: {found}", expected="until = YYYY-MM-DD, the last day")
