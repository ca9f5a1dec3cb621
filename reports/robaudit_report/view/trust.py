"""What every report says of trust flags: how far to believe what attacks left."""

from dataclasses import dataclass
from typing import Any

from robaudit.phrases import printable
from robaudit.record.schema.audit import AuditRecord
from robaudit.record.schema.numbers import given
from robaudit_report.view.words import parameter


@dataclass(frozen=True)
class Flag:
    """One trust flag: its name in words, its sentence, and what was measured."""

    name: str
    sentence: str
    measured: str


def flags(record: AuditRecord, raised: bool | None) -> list[Flag]:
    """List the trust flags that were raised, were not, or (``None``) could not be checked."""
    return [
        Flag(
            printable(flag.name).replace("-", " ").capitalize(),
            printable(flag.sentence),
            ", ".join(
                f"{printable(name).replace('_', ' ')} {_measured(value)}"
                for name, value in flag.measured.items()
                if value is not None
            ),
        )
        for flag in given(record.trust, [])
        if flag.raised is raised
    ]


def _measured(value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return parameter(value) if is_number else printable(str(value))


def flag_counts(record: AuditRecord) -> str:
    """Say how many trust flags were raised, were not, and could not be checked."""
    if not given(record.trust, []):
        return ""
    counts = [len(flags(record, raised)) for raised in (True, False, None)]
    return (
        f"Trust flags: {counts[0]} raised, {counts[1]} not raised, "
        f"{counts[2]} could not be checked."
    )
