"""Arrays of an archive, changed in one place, and the error that reading them gives."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit.errors import RecordError

Arrays = dict[str, Any]


def arrays_of(path: Path) -> Arrays:
    """Read all arrays of an archive."""
    with np.load(path) as found:
        return dict(found)


def settings_of(arrays: Arrays) -> Any:
    """Read the settings of an archive."""
    return json.loads(bytes(arrays["settings"]))


def with_settings(arrays: Arrays, **changed: Any) -> Arrays:
    """Change some of the settings."""
    text = json.dumps({**settings_of(arrays), **changed})
    return {**arrays, "settings": np.frombuffer(text.encode(), dtype=np.uint8)}


def with_value(arrays: Arrays, name: str, place: int, value: Any) -> Arrays:
    """Change one value of an array."""
    array = arrays[name].copy()
    array[place] = value
    return {**arrays, name: array}


def without(arrays: Arrays, name: str) -> Arrays:
    """Leave out an array."""
    return {key: array for key, array in arrays.items() if key != name}


def refused(read: Callable[[Path], Any], arrays: Arrays, path: Path) -> str:
    """Write arrays and read them in vain; give the error, which names the file."""
    np.savez(path, **arrays)
    with pytest.raises(RecordError) as found:
        read(path)
    assert str(path) in str(found.value)
    return str(found.value)
