"""In which line of a TOML file something stands, which its reader does not tell."""

import re
from collections.abc import Sequence

_MULTILINE = re.compile(
    r"""
    \#[^\n]*                          # what looks like a string in a comment is none
    | \"{3}(?:\\.|[^\\])*?\"{3,5}
    | '{3}.*?'{3,5}
    | "(?:\\.|[^"\\\n])*"
    | '[^'\n]*'
    """,
    re.DOTALL | re.VERBOSE,
)
_HEADER = re.compile(r"\s*(\[\[?)([^\[\]]+)\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*([\w-]+|"[^"]*"|'[^']*')\s*=""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")
_Path = tuple[str, ...]


def lines_of_tables(text: str, path: Sequence[str]) -> list[int]:
    r"""List the lines (from 1) of the headers ``[[path]]`` of an array of tables, in order.

    >>> lines_of_tables('a = 1\n[[gate]]\n\n[[gate]] # two', ["gate"])
    [2, 4]
    """
    return [line for at, line, header in _places(text) if header == "[[" and at == tuple(path)]


def line_of(text: str, path: Sequence[str]) -> int | None:
    r"""Find the line (from 1) that a value is set in, as a key or as the header of a table.

    ``None`` for one that is written in another way: dotted, or within a value.

    >>> line_of('[scan]\nseed = 1\n[harden]\nseed = 2', ["harden", "seed"])
    4
    """
    return next((line for at, line, _ in _places(text) if at == tuple(path)), None)


def _places(text: str) -> list[tuple[_Path, int, str]]:
    """List the headers and the keys of a file: their paths, lines, and how each begins."""
    places: list[tuple[_Path, int, str]] = []
    table: _Path = ()
    for number, line in enumerate(_MULTILINE.sub(_without_lines, text).split("\n"), 1):
        if header := _HEADER.match(line):
            table = _parts(header[2])
            places.append((table, number, header[1]))
        elif key := _KEY.match(line):
            places.append(((*table, *_parts(key[1])), number, ""))
    return places


def _parts(name: str) -> _Path:
    return tuple(part.strip("\"'") for part in _PART.findall(name))


def _without_lines(match: re.Match[str]) -> str:
    """Take out strings of several lines, and comments, but for the ends of their lines."""
    found = match[0]
    return "\n" * found.count("\n") if found.startswith(("#", '"""', "'''")) else found
