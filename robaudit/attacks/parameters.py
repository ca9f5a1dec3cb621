"""Which values the parameters of attacks may have, and how they are written."""

import math

from robaudit.errors import UsageError

_COUNTS = {"steps", "searches", "queries", "targets", "members"}
_WHOLE = _COUNTS | {"restarts", "quality"}
_OF_PIXELS = {"epsilon", "step", "sigma", "added", "shift"}
_SHARES = _OF_PIXELS | {"share"}


def check_parameter(attack: str, key: str, value: float) -> None:
    """Raise UsageError for a value of an attack's parameter that cannot be meant.

    A change of more than the whole pixel range is most likely one in grey levels. The
    Euclidean length of a change has no such bound: that of all pixels is large.
    """
    least, expected, advice = int(key in _COUNTS), "", ""
    if not math.isfinite(value) or value < 0:
        expected = "a number, 0 or more"
    elif key in _WHOLE and not (float(value).is_integer() and value >= least):
        expected = f"a whole number, {least} or more"
    elif key == "quality" and value > 100:
        expected = "0 to 100"
    elif key in _OF_PIXELS and value > 1:
        expected = "a share of the pixel range, at most 1"
        advice = f"Grey levels are written {key}={value:g}/255." if value <= 255 else ""
    elif key in _SHARES and value > 1:
        expected = "a share of the picture, at most 1"
    if expected:
        found = f"attack {attack} with {key}={value:g}"
        raise UsageError(found, expected=expected, advice=advice)


def read_number(text: str) -> float:
    """Read a number or a fraction; raise ValueError or ZeroDivisionError for what is none.

    >>> read_number("0.3"), read_number("51/255")
    (0.3, 0.2)
    """
    above, _, below = text.partition("/")
    return float(above) / (float(below) if below else 1.0)
