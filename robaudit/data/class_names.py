"""What a model calls its outputs, as people and their programs write it down: text, or JSON."""

import ast
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from robaudit.data.text import first_twice, plain_name, read_text
from robaudit.errors import UsageError
from robaudit.storage.nearest import nearest_path

_NUMBERED = re.compile(r"(\d+)\s*[\s,:;]\s*(\S.*)")
_LONGEST = 2**22
"""What Python reads as its own literals takes some hundred times as much memory."""

_EXPECTED = (
    "text, one name a line in the order of the model's outputs, with their numbers or without; "
    "or a JSON list of names, or object of names and numbers"
)


def read_class_names(text: str) -> tuple[str, ...]:
    """Read class names: ``a,b,c``, or a file of them, in the order of the model's outputs.

    A file has one name a line or commas between them; or a number from 0 and a name on
    each line; or a list or an object as JSON or Python write it, of names by number or of
    numbers by name, as Keras' ``class_indices``.

    Raises UsageError for a file that cannot be read, and for a name that stands there twice.

    >>> read_class_names("cat, dog")
    ('cat', 'dog')
    """
    path = Path(text)
    try:
        if path.is_file():
            return _checked(_names_in(read_text(path, _LONGEST)), f"class names in {text}")
    except (OSError, ValueError) as error:
        raise UsageError(
            f"class names in {text} cannot be read: {error}", expected=_EXPECTED
        ) from error
    if "," not in text and path.suffix:
        raise UsageError(
            f"no class names at {text}",
            expected="a file, or names: a,b,c",
            advice=nearest_path(path),
        )
    return _checked(text.split(","), "class names")


def _names_in(text: str) -> Sequence[str]:
    if text.lstrip().startswith(("{", "[")):
        return _names_of(_structure(text))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) == 1:
        return lines[0].split(",")
    return _numbered(lines) or _numbered(lines[1:]) or [_unquoted(line) for line in lines]


def _structure(text: str) -> Any:
    """Read a list or an object as JSON or Python write it."""
    with suppress(ValueError, RecursionError):
        return json.loads(text)
    try:
        return ast.literal_eval(text.strip())
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise ValueError("neither JSON nor a list or dict as Python writes it") from error


def _names_of(found: Any) -> Sequence[str]:
    """Give the names in a list, or in an object of names and numbers; raise ValueError."""
    if isinstance(found, list):
        return [_name(value) for value in found]
    if not isinstance(found, dict):
        raise ValueError("neither a list nor an object of names")
    if isinstance(found.get("id2label"), dict):
        found = found["id2label"]
    inner = list(found.values())
    if len(inner) == 1 and isinstance(inner[0], dict | list):
        return _names_of(inner[0])
    by_number = _by_number(found)
    if by_number is None:
        raise ValueError("its names have no numbers that count from 0")
    return by_number


def _by_number(found: Mapping[Any, Any]) -> list[str] | None:
    """Bring names by number, or numbers by name, into the order of the numbers from 0.

    Names may be numbers, too: what stands as a number beside texts is the number.
    """
    ways = [list(found.items()), [(value, key) for key, value in found.items()]]
    if all(isinstance(value, int) for value in found.values()):
        ways.reverse()
    for pairs in ways:
        named = {int(key): name for key, name in pairs if re.fullmatch(r"\d{1,9}", str(key))}
        if sorted(named) == list(range(len(found))):
            return [_name(named[number]) for number in range(len(found))]
    return None


def _name(value: Any) -> str:
    """Give one name; an identifier and a name, as for ImageNet, are one."""
    if isinstance(value, list) and value:
        return " ".join(map(str, value))
    if not isinstance(value, str | int):
        raise ValueError(f"{value!r} is no name")
    return str(value)


def _numbered(lines: Sequence[str]) -> list[str] | None:
    """Read lines of a number and a name each, if the numbers count from 0 in any order."""
    pairs = [_NUMBERED.fullmatch(line) for line in lines]
    if not all(pairs):
        return None
    return _by_number({pair[1]: _unquoted(pair[2]) for pair in pairs if pair}) if pairs else None


def _unquoted(line: str) -> str:
    quoted = re.fullmatch(r"([\"'])(.*)\1,?", line)
    return quoted[2] if quoted else line


def _checked(names: Iterable[str], where: str) -> tuple[str, ...]:
    trimmed = tuple(map(plain_name, names))
    twice = first_twice(trimmed)
    if twice is not None:
        raise UsageError(f"{where}: {twice!r} stands there twice", expected="a name for each class")
    if "" in trimmed:
        raise UsageError(f"{where}: an empty name", expected="a name for each class")
    return trimmed
