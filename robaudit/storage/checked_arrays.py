"""Arrays that come out of archives, checked before anything is made of them.

An archive is as untrusted as any file: nothing in it is run, and what does not fit
together is refused. Archives that no record stands beside, those of a search and of
examples, hold their settings as JSON in an array.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from robaudit.errors import RecordError, UsageError
from robaudit.storage.npz import Archive, open_archive
from robaudit.types import FloatArray, IntArray

_VERSION = 1
_MISFITS = LookupError, ValueError, TypeError, AttributeError, RecursionError, UsageError


def settings_as_array(kind: str, settings: Mapping[str, Any]) -> npt.NDArray[np.uint8]:
    """Write settings as JSON, and that as the bytes of an array."""
    whole = {"kind": kind, "version": _VERSION, **settings}
    text = json.dumps(whole, allow_nan=False, default=_plain)
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _plain(value: Any) -> Any:
    """Make a number of NumPy's a plain one."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} in settings")


@contextmanager
def opened(path: Path, kind: str) -> Iterator[tuple[Archive, Any]]:
    """Open an archive of some kind, and read its settings.

    Raises RecordError where it is missing or of another kind, and for whatever comes of
    reading it.
    """
    expected = f"{kind} written by this version of robaudit"
    with open_archive(Path(path)) as arrays:
        if arrays is None:
            raise RecordError(f"no file {path}", expected=expected)
        try:
            content = arrays.whole("settings")
            require(content.dtype == np.uint8 and content.ndim == 1, "settings")
            settings = json.loads(content.tobytes().decode(), parse_constant=_refuse)
            require(settings["kind"] == kind, "the kind of file")
            require(settings["version"] == _VERSION, "the version of the file")
            yield arrays, settings
        except _MISFITS as error:
            raise RecordError(
                f"{path} does not fit together ({error})",
                expected=expected,
                advice="Write it again.",
            ) from error


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def require(holds: bool, what: str) -> None:
    """Raise ValueError for what does not hold, by its name."""
    if not holds:
        raise ValueError(what)


def within(
    values: npt.NDArray[Any], name: str, low: int, limit: int | None = None
) -> npt.NDArray[Any]:
    """Give whole numbers back, once all are from ``low`` on, and below a limit."""
    require(values.dtype.kind in "iu", name)
    if values.size:
        require(bool(values.min() >= low), name)
        require(limit is None or bool(values.max() < limit), name)
    return values


def integers(
    arrays: Archive, name: str, shape: tuple[int, ...], low: int, limit: int | None = None
) -> IntArray:
    """Read whole numbers of a shape from ``low`` on, and below a limit."""
    return within(_of_kind(arrays, name, shape, "iu"), name, low, limit)


def numbers(arrays: Archive, name: str, shape: tuple[int, ...]) -> FloatArray:
    """Read floating-point numbers of a shape."""
    return _of_kind(arrays, name, shape, "f")


def finite_directions(arrays: Archive) -> FloatArray:
    """Read directions (K, *shape)."""
    shape = arrays.shape_and_dtype("directions")[0]
    directions = numbers(arrays, "directions", shape)
    require(len(shape) > 1 and bool(np.isfinite(directions).all()), "directions")
    return directions


def _of_kind(arrays: Archive, name: str, shape: tuple[int, ...], kinds: str) -> npt.NDArray[Any]:
    """Read an array, once its head is right."""
    given, kind = arrays.shape_and_dtype(name)
    require(len(shape) == len(given) and given == shape and kind.kind in kinds, name)
    return arrays.whole(name)
