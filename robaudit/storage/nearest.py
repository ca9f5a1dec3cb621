"""Files and folders that may be meant where a path leads nowhere."""

from contextlib import suppress
from itertools import islice
from pathlib import Path

from robaudit.phrases import nearest

_MOST_ENTRIES = 10_000
_LIKENESS = 0.8
"""``model.npz`` is not what is meant by ``model.onnx``, but ``data.npy`` may be by ``data.npz``."""


def nearest_path(path: Path) -> str:
    """Ask whether what has the nearest name is meant; nothing where none is near.

    A name without its suffix is near. Where a folder on the way is what is not there, it is
    the one whose name is looked for.
    """
    missing = path
    with suppress(OSError, ValueError):
        while not missing.parent.exists():
            missing = missing.parent
        names = [each.name for each in islice(missing.parent.iterdir(), _MOST_ENTRIES)]
        bare = (name for name in sorted(names) if Path(name).stem == missing.name)
        near = next(bare, None) or nearest(missing.name, names, _LIKENESS)
        if near is not None and not missing.exists():
            meant = missing.with_name(near)
            whole = meant / path.relative_to(missing)
            return f"Did you mean {whole if whole.exists() else meant}?"
    return ""
