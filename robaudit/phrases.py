"""Turning what stands in files into text for people."""

from collections.abc import Sequence

_LONGEST = 10
_FEWEST = 2


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
    r"""Replace what a terminal would obey rather than show, such as escape sequences.

    >>> printable("cat\x1b[2J\n")
    'cat\ufffd[2J\ufffd'
    """
    return "".join(char if char.isprintable() else "\ufffd" for char in text)
