"""One figure before and after: its change in words, and which way it went."""

from dataclasses import dataclass

from robaudit.phrases import printable
from robaudit.record.schema.comparison import DifferenceRecord
from robaudit.record.schema.numbers import given
from robaudit_report.view import words

BETTER, WORSE = "better", "worse"
UNCLEAR, NO_INTERVAL = "no clear change", "no interval"


@dataclass(frozen=True)
class Change:
    """One figure before and after.

    ``mark`` says which way it went: "better", "worse", "higher" or "lower" (where
    neither is better) when the interval excludes 0 and the p-value is
    below 0.05, "no clear change" when not,
    and "no interval" without one. Where
    there is no difference the mark is empty and ``missing`` says why. ``bounds``
    are the difference and the ends of its interval, to be drawn where it has one.
    """

    name: str
    title: str
    note: str
    before: str
    after: str
    difference: str
    interval: str
    p_value: str
    p_adjusted: str
    mark: str
    clear: bool
    missing: str
    bounds: tuple[float, float, float] | None


def p_value(value: float | None) -> str:
    """Write a p-value.

    >>> p_value(0.00021), p_value(0.25)
    ('<0.001', '0.250')
    """
    if value is None:
        return "-"
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def mark(difference: DifferenceRecord) -> str:
    """Say which way a figure went, as far as its interval and its adjusted p-value tell."""
    if difference.difference is None:
        return ""
    low, high = difference.low, difference.high
    rose, fell = low is not None and low > 0, high is not None and high < 0
    if low is None and high is None:
        return NO_INTERVAL
    adjusted = given(difference.p_adjusted, difference.p_value)
    if rose == fell or (adjusted or 0) >= 0.05:
        return UNCLEAR
    if difference.better is None:
        return "higher" if rose else "lower"
    return BETTER if rose == (difference.better == "higher") else WORSE


def is_clear(difference: DifferenceRecord) -> bool:
    """Tell whether a figure changed clearly: see `mark`."""
    return mark(difference) not in ("", UNCLEAR, NO_INTERVAL)


def make_change(difference: DifferenceRecord, title: str = "", note: str = "") -> Change:
    """Put a difference into words; ``title`` stands in for its own."""
    unit, value = difference.unit, difference.difference
    low, high = difference.low, difference.high
    points = " points" if unit == "share" and value is not None else ""
    adjusted = given(difference.p_adjusted, None)
    return Change(
        name=difference.name,
        title=title or printable(difference.title),
        note=note,
        before=words.write(unit, difference.before),
        after=words.write(unit, difference.after),
        difference=words.signed(unit, value) + points,
        interval=words.interval((low, high), lambda bound: words.signed(unit, bound)),
        p_value=p_value(difference.p_value),
        p_adjusted="" if adjusted is None else p_value(adjusted),
        mark=mark(difference),
        clear=is_clear(difference),
        missing=printable(difference.missing or "") if value is None else "",
        bounds=None
        if value is None or (low is None and high is None)
        else (value, value if low is None else low, value if high is None else high),
    )
