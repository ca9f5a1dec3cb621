"""Texts that people write by hand, or save from a table, and names that they give."""

import codecs
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePath

LONGEST_TEXT = 2**27
"""How many bytes a text may have: labels of some millions of pictures."""

_NAMED = 3
_PICTURES = {
    *(".avif", ".bmp", ".gif", ".jp2", ".jpe", ".jpeg", ".jpg", ".pbm", ".pfm", ".pgm", ".png"),
    *(".pnm", ".ppm", ".tif", ".tiff", ".webp"),
}
_OTHER_PICTURES = {
    *(".arw", ".cr2", ".cr3", ".dcm", ".dng", ".eps", ".exr", ".hdr", ".heic", ".heif", ".ico"),
    *(".jxl", ".nef", ".pcx", ".psd", ".raw", ".svg", ".svgz", ".tga"),
}

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def read_text(path: Path, most: int = LONGEST_TEXT) -> str:
    """Read a text file in UTF-8, or in UTF-16 where it begins with the mark of that.

    Raises ValueError for what is no such text or has more than ``most`` bytes, and OSError.
    """
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"a text of more than {most} bytes")
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(f"no UTF-8 text: byte {error.start} cannot be read") from error
    if "\0" in text:
        raise ValueError("no text, but bytes")
    return text


def first_twice(names: Iterable[str]) -> str | None:
    """Give the first of some names that stands among them more than once."""
    return next((name for name, times in Counter(names).items() if times > 1), None)


def is_picture_name(text: str) -> bool:
    """Tell whether something is named as pictures of the formats that are read are."""
    return PurePath(text).suffix.lower() in _PICTURES


def is_other_picture_name(text: str) -> bool:
    """Tell whether something is named as pictures of formats that are not read are."""
    return PurePath(text).suffix.lower() in _OTHER_PICTURES


def plain_name(text: str) -> str:
    r"""Give a name without spaces around it, its letters in the one way that most systems do.

    >>> plain_name(" Ba\u0308r ") == "B\xe4r"
    True
    """
    return unicodedata.normalize("NFC", text).strip()


def some_of(names: Iterable[str]) -> str:
    """List the first few of some names, and how many more there are.

    >>> some_of("abcde")
    'a, b, c and 2 more'
    """
    listed = list(names)
    more = len(listed) - _NAMED
    return ", ".join(listed[:_NAMED]) + (f" and {more} more" if more > 0 else "")
