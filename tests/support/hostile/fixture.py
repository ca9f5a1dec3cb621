"""What a hostile file is: how it is made, and what should come of it."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.support.hostile.canaries import Place

SCAN = ["--samples", "4", "--directions", "2", "--steps", "3", "-o", "out"]


@dataclass(frozen=True)
class Hostile:
    """A hostile file, or several.

    ``make`` writes it into the folder of a place and gives the arguments of the command that
    meets it. It must be refused, with exit code 2 or 3 and for its own sake, which shows by the
    ``words`` (a pattern) in the message; or else, without any, be opened and be harmless.
    ``trusted`` ones do their harm with ``--trust-model``. Results go to the folder ``out``.
    ``gets_through`` says why one still does something.
    """

    name: str
    make: Callable[[Place], list[str]]
    words: str = "--trust-model"
    trusted: bool = False
    out: str = "out"
    gets_through: str = ""
