"""What the files beside a model call its classes."""

import re
from pathlib import Path

from robaudit.opening import class_names_of
from robaudit.phrases import printable

_FILES = ("labels.txt", "class_names.txt")
_NUMBERED = re.compile(r"(\d+)[\s:,]+(\S.*)")
_LARGEST = 2**20


def find_class_names(path: Path, classes: int) -> tuple[tuple[str, ...] | None, str | None]:
    """Read the names of a model's classes from a file beside it; also say what was read, or not.

    It has a name a line, perhaps after the number of the output: "0 cat", as Teachable
    Machine writes it. It is believed where it has as many lines as the model has classes.
    """
    for folder in (path, path.parent) if path.is_dir() else (path.parent,):
        for name in _FILES:
            file = folder / name
            if file.is_file() and file.stat().st_size <= _LARGEST:
                lines = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
                names = _names([line.strip() for line in lines if line.strip()])
                if len(names) != classes or len(set(names)) != classes:
                    return None, f"{name} beside it names {len(set(names))} classes: not read"
                return class_names_of(names), f"from {name} beside it"
    return None, None


def _names(lines: list[str]) -> list[str]:
    matches = [_NUMBERED.fullmatch(line) for line in lines]
    numbered = {int(match[1]): match[2] for match in matches if match}
    for first in (0, 1):
        if sorted(numbered) == list(range(first, first + len(lines))):
            lines = [numbered[number] for number in sorted(numbered)]
    return [printable(line) for line in lines]
