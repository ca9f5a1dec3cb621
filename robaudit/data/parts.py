"""The parts of a data set: train, test and val, by whatever names people give them."""

import re
from collections.abc import Iterable

from robaudit.errors import DataError

PART_WORDS = {
    "test": ("test", "tests", "testing", "tst", "te"),
    "train": ("train", "training", "trn", "tr"),
    "val": ("val", "valid", "validation", "dev"),
}
"""What the usual parts are called."""

_USUAL = {word: part for part, words in PART_WORDS.items() for word in words}
_AROUND = re.compile(r"(seg_)?([a-z]+?)_?(set|data|dataset|images|imgs|split)?")
"""What people write around the name of a part: ``training_set``, ``test_images``, ``seg_test``."""


def usual_part(name: str) -> str:
    """Give the usual name of a part, or the name as it stands where it has none.

    >>> usual_part("Validation"), usual_part("training_set"), usual_part("fog")
    ('val', 'train', 'fog')
    """
    plain = re.sub(r"[\W_]+", "_", name).lower()
    inner = _AROUND.fullmatch(plain)
    return _USUAL.get(plain) or _USUAL.get(inner[2] if inner else "", name)


def find_part(names: Iterable[str], wanted: str) -> str | None:
    """Find a part among those there are: by its name, or by another name of the same part."""
    there = sorted(names)
    if wanted in there:
        return wanted
    return next((name for name in there if usual_part(name) == usual_part(wanted)), None)


def choose_part(names: Iterable[str], split: str | None) -> tuple[str | None, tuple[str, ...]]:
    """Choose a part, and say what should be known of the choice.

    Where nobody says which, it is the test part, or else the validation part; ``None``
    where there is neither. Raises DataError for one that was asked for and is not there.
    """
    there = sorted(names)
    if split is not None:
        found = find_part(there, split)
        if found is None:
            raise DataError(
                f"no part named {split}", expected=f"one of {', '.join(there) or 'none'}"
            )
        return found, ()
    found = find_part(there, "test")
    if found is None:
        found = find_part(there, "val")
        if found is not None:
            return found, (f"The data has no part for testing: its part {found} was taken.",)
    return found, ()
