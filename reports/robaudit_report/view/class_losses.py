"""What reports say of the class that lost most accuracy on validation data."""

from msgspec import UnsetType

from robaudit.phrases import printable
from robaudit.record.schema.hardening import ClassLossRecord
from robaudit.record.schema.numbers import given


def said_of(record: ClassLossRecord | UnsetType | None) -> str:
    """Say which class lost most, and how much; empty where classes are not known or lost none."""
    loss = given(record, None)
    if loss is None or loss.after >= loss.before:
        return ""
    said = f"{printable(loss.name)}: {100 * (loss.before - loss.after):.1f} points"
    if loss.too_large:
        return f"{said}, too many"
    if loss.low is None or loss.high is None:
        return said
    return f"{said} ({100 * loss.low:.1f} to {100 * loss.high:.1f})"
