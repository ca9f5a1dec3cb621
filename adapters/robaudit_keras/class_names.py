"""What the files beside a model call its classes."""

import re
from dataclasses import dataclass
from pathlib import Path

from robaudit.opening import class_names_of
from robaudit.phrases import printable

_FILES = ("labels.txt", "class_names.txt")
_NUMBERED = re.compile(r"(\d+)[\s:,]+(\S.*)")
_LARGEST = 2**20


@dataclass(frozen=True)
class NamesBeside:
    """What a file beside a model calls its classes, where from, and why it was not believed."""

    names: tuple[str, ...] | None = None
    source: str | None = None
    note: str | None = None


def find_class_names(path: Path, classes: int) -> NamesBeside:
    """Read the names of a model's classes from a file beside it.

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
                    found = f"{len(names)} lines, {len(set(names))} of them different"
                    return NamesBeside(
                        note=f"{name} beside the model was not read: it has {found}, and the "
                        f"model has {classes} classes."
                    )
                return NamesBeside(class_names_of(names), f"from {name} beside it")
    return NamesBeside()


def _names(lines: list[str]) -> list[str]:
    matches = [_NUMBERED.fullmatch(line) for line in lines]
    numbered = {int(match[1]): match[2] for match in matches if match}
    for first in (0, 1):
        if sorted(numbered) == list(range(first, first + len(lines))):
            lines = [numbered[number] for number in sorted(numbered)]
    return [printable(line) for line in lines]
