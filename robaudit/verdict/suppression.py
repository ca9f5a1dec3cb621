"""Letting gates be that are not passed, where something says so and has not run out."""

import datetime
from collections.abc import Sequence
from fnmatch import fnmatchcase

from msgspec.structs import replace

from robaudit.metrics.gates import SHORT_FOR
from robaudit.record.schema.numbers import given
from robaudit.record.schema.verdict import GateRecord, SourceRecord, SuppressionRecord
from robaudit.verdict.suppression_file import Suppression


def suppress(
    gates: Sequence[GateRecord],
    suppressions: Sequence[Suppression],
    model: str,
    today: datetime.date | None = None,
) -> tuple[list[GateRecord], list[SuppressionRecord]]:
    """Mark the gates that are let be; tell of each suppression, but for those of other models.

    The first that is on a gate lets it be. One that has run out lets nothing be, and is said
    to be used where it would; it runs out after its last day in UTC, ``today`` unless given.
    """
    today = today or datetime.datetime.now(datetime.UTC).date()
    own = [one for one in suppressions if one.model is None or fnmatchcase(model, one.model)]
    records = [_record(one, any(_is_on(one, gate) for gate in gates), today) for one in own]
    marked = []
    for gate in gates:
        letting = (
            record
            for one, record in zip(own, records, strict=True)
            if not record.expired and _is_on(one, gate)
        )
        marked.append(replace(gate, suppressed=next(letting, None)))
    return marked, records


def _is_on(suppression: Suppression, gate: GateRecord) -> bool:
    """Tell whether a gate was not passed, and is one of those that may be let be."""
    if gate.outcome == "passed":
        return False
    under = gate.metric, given(gate.attack, None)
    short = (name for name, of in SHORT_FOR.items() if (of[0].name, of[1]) == under)
    names = (None, gate.metric, given(gate.name, None), *short)
    number = given(gate.class_index, None)
    classes = (None, given(gate.of_class, None), None if number is None else str(number))
    return suppression.gate in names and suppression.of_class in classes


def _record(suppression: Suppression, used: bool, today: datetime.date) -> SuppressionRecord:
    source = suppression.source
    return SuppressionRecord(
        gate=suppression.gate,
        class_name=suppression.of_class,
        model=suppression.model,
        until=suppression.until.isoformat(),
        reason=suppression.reason,
        expired=today > suppression.until,
        used=used,
        source=None if source is None else SourceRecord(file=source.file, line=source.line),
    )
