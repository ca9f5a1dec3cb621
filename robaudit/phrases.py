"""Turning what stands in files into text for people."""

from collections.abc import Sequence

_LONGEST = 10
_FEWEST = 2
_DRAWN_AS_NOTHING = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
)
"""Fillers, joiners and the blank of Braille: letters, marks and signs to Unicode, not controls."""


def is_picture(image_shape: Sequence[int]) -> bool:
    """Tell the shape of a picture (height, width, channels) from that of a signal or a table.

    >>> is_picture((28, 28, 1)), is_picture((12, 1000, 1)), is_picture((784,))
    (True, False, False)
    """
    sides = image_shape[:2]
    return len(image_shape) == 3 and min(sides) >= _FEWEST and max(sides) <= _LONGEST * min(sides)


def called(image_shape: Sequence[int]) -> str:
    """Say what data of a shape are spoken of as: "images", or "inputs" that are no pictures."""
    return "images" if is_picture(image_shape) else "inputs"


def printable(text: str) -> str:
    r"""Replace what a terminal or a page would obey rather than show, and what cannot be seen.

    That is escape sequences, controls that turn the order of what follows, blanks of no width,
    and letters and marks that are drawn as nothing.

    >>> printable("cat\x1b[2J\n"), printable("fdp.\u202egpj"), printable("\u3164")
    ('cat\ufffd[2J\ufffd', 'fdp.\ufffdgpj', '\ufffd')
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char.isprintable() and not _unseen(char) else "\ufffd" for char in text)


def _unseen(char: str) -> bool:
    return char in _DRAWN_AS_NOTHING or "\U000e0100" <= char <= "\U000e01ef"
