"""Turning what stands in files into text for people."""

import difflib
import re
from collections.abc import Iterable, Sequence

_LONGEST = 10
_FEWEST = 2
_DRAWN_AS_NOTHING = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
)
"""Fillers, joiners and the blank of Braille: letters, marks and signs to Unicode, not controls."""

_COMMAND = re.compile(r"(?<!\S)::|##\[")


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


def gates_of(gate: str | None, class_name: str | None, model: str | None) -> str:
    """Name the gates that something is on, ``None`` being any.

    >>> gates_of("accuracy/min", "8", "digits*"), gates_of(None, None, "old.onnx")
    ('gate accuracy/min of class 8 in model digits*', 'any gate in model old.onnx')
    """
    parts = [f"gate {gate}" if gate else "any gate"]
    parts += [f"of class {class_name}"] if class_name else []
    parts += [f"in model {model}"] if model else []
    return printable(" ".join(parts))


def printable(text: str) -> str:
    r"""Replace what a terminal or a page would obey rather than show, and what cannot be seen.

    That is escape sequences, controls that turn the order of what follows, blanks of no width,
    and letters and marks that are drawn as nothing.

    Nor is anything left that a runner of GitHub, which reads all that a job writes, would take
    for a command: ``::`` before a word, and ``##[``.

    >>> printable("cat\x1b[2J\n"), printable("fdp.\u202egpj"), printable("\u3164")
    ('cat\ufffd[2J\ufffd', 'fdp.\ufffdgpj', '\ufffd')
    >>> printable("::error::no"), printable("net::cat"), printable("##[error]no")
    ('\ufffd:error::no', 'net::cat', '#\ufffd[error]no')
    """
    if "::" in text or "##[" in text:
        text = _COMMAND.sub(
            lambda found: found[0].replace("::", "\ufffd:").replace("##", "#\ufffd"), text
        )
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char.isprintable() and not _unseen(char) else "\ufffd" for char in text)


def _unseen(char: str) -> bool:
    return char in _DRAWN_AS_NOTHING or "\U000e0100" <= char <= "\U000e01ef"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Ask whether the nearest of some known words is meant; nothing where none is near.

    >>> did_you_mean("pdg", ["fgsm", "pgd"]), did_you_mean("hello", ["fgsm", "pgd"])
    ('Did you mean pgd?', '')
    """
    near = nearest(word.replace("_", "-"), known)
    return f"Did you mean {near}?" if near else ""


def nearest(word: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """Give the nearest of some known words, by the likeness of `difflib.SequenceMatcher`.

    ``None`` where none is as near as ``likeness``, from 0 to 1; capitals make no difference.
    """
    plain = {each.lower(): each for each in known}
    near = difflib.get_close_matches(word.lower(), plain, n=1, cutoff=likeness)
    return plain[near[0]] if near else None


def duration(seconds: float) -> str:
    """Write a duration roughly.

    >>> duration(3), duration(90), duration(4000), duration(200_000)
    ('3 s', '2 min', '1.1 h', '2.3 days')
    """
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


def what_decides(
    samples: int | None,
    there: int,
    rays: int | None,
    passes: int | None,
    seconds: float | None,
) -> str:
    """Say how many samples would decide a gate, of those that are ``there``, and at what cost.

    >>> what_decides(2345, 10_000, 18_760, 98_765, 100)
    'about 2,400 samples would decide it (19,000 rays, 99,000 forward passes, 2 min)'
    >>> what_decides(12_345, 10_000, None, None, None)
    'about 13,000 samples would decide it, more than the 10,000 that there are'
    """
    if samples is None:
        return "no number of samples would decide it, as far as can be told"
    said = f"about {_roughly(samples)} samples would decide it"
    if samples > there:
        return f"{said}, more than the {there:,} that there are"
    if rays is None or passes is None or seconds is None:
        return said
    cost = f"{_roughly(rays)} rays, {_roughly(passes)} forward passes, {duration(seconds)}"
    return f"{said} ({cost})"


def _roughly(count: int) -> str:
    """Round up to two digits."""
    unit = 10 ** max(0, len(str(count)) - 2)
    return f"{-(-count // unit) * unit:,}"
