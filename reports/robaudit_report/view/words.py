"""Numbers, shares and intervals as text."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from robaudit.phrases import printable

_NONE = "-"


def percent(value: float | None) -> str:
    """Write a share as a percentage.

    >>> percent(0.1234)
    '12.3%'
    """
    return _NONE if value is None else f"{100 * value:.1f}%"


def number(value: float | None, digits: int = 3) -> str:
    """Write a number.

    >>> number(0.12345)
    '0.123'
    """
    return _NONE if value is None else f"{value:,.{digits}f}"


def interval(bounds: Sequence[float | None], write: Any = number) -> str:
    """Write an interval; an end that does not exist is left open.

    >>> interval([0.1, None])
    '0.100 or more'
    """
    low, high = bounds
    if low is None and high is None:
        return _NONE
    if high is None:
        return f"{write(low)} or more"
    if low is None:
        return f"{write(high)} or less"
    return f"{write(low)} to {write(high)}"


class Estimated(Protocol):
    """A figure with its interval, as records have it."""

    @property
    def value(self) -> float | None:
        """The figure."""

    @property
    def low(self) -> float | None:
        """The lower end of its interval."""

    @property
    def high(self) -> float | None:
        """The upper end of its interval."""


def estimate_interval(estimate: Estimated, write: Any = number) -> str:
    """Write the interval of an estimate."""
    return interval((estimate.low, estimate.high), write)


def ends(estimate: Estimated) -> tuple[float, float, float]:
    """Give a figure and the ends of its interval as numbers to draw."""
    value = estimate.value or 0.0
    low, high = estimate.low, estimate.high
    return value, value if low is None else low, value if high is None else high


_DIGITS = {"rms": 3, "sum": 2, "ratio": 3, "gini": 3}


def write(unit: str, value: float | None) -> str:
    """Write a figure as its unit is written.

    >>> write("share", 0.5), write("sum", 33.812)
    ('50.0%', '33.81')
    """
    return percent(value) if unit == "share" else number(value, _DIGITS[unit])


def signed(unit: str, value: float | None) -> str:
    """Write a difference with its sign; shares differ by points.

    >>> signed("share", 0.0312), signed("rms", -0.25), signed("rms", None)
    ('+3.1', '-0.250', '-')
    """
    if value is None:
        return _NONE
    shown, digits = (100 * value, 1) if unit == "share" else (value, _DIGITS[unit])
    return f"{shown:+,.{digits}f}" if shown else f"{0:.{digits}f}"


def parameter(value: float) -> str:
    """Write a parameter of an attack, or what a trust flag measured.

    >>> parameter(1000.0), parameter(8 / 255)
    ('1,000', '0.03137')
    """
    return f"{int(value):,}" if float(value).is_integer() else f"{value:.4g}"


def detail(value: Any) -> str:
    """Write a fact that an adapter gave, whatever it is made of.

    >>> detail({"name": "input", "sizes": [1, 2]})
    'name: input; sizes: 1, 2'
    """
    if isinstance(value, Mapping):
        return "; ".join(f"{printable(str(key))}: {detail(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(detail(item) for item in value)
    if isinstance(value, float):
        return f"{value + 0.0:.6g}"  # which turns -0 into 0
    return printable(str(value))
