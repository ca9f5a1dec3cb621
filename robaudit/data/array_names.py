"""Which of several named arrays are the images, and which their labels."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from robaudit.data.parts import PART_WORDS, choose_part, usual_part
from robaudit.errors import DataError, UsageError

Shapes = Mapping[str, tuple[int, ...]]

IMAGE_WORDS = {"x", "xs", "image", "images", "img", "imgs", "picture", "pictures", "pixels"}
IMAGE_WORDS |= {"data", "input", "inputs", "features", "pixel_values"}
LABEL_WORDS = {"y", "ys", "label", "labels", "target", "targets", "class", "cls"}
_NAMES_WORDS = {"classnames", "classes", "labelnames", "labelsnames", "targetnames", "categories"}
_NEVER_LABELS = {"id", "ids", "index", "indices", "idx", "row", "rows", "weight", "weights"}
_PARTS = "|".join(sorted((word for words in PART_WORDS.values() for word in words), reverse=True))
_ROLES = "|".join(sorted(IMAGE_WORDS | LABEL_WORDS, key=len, reverse=True))
_TOGETHER = re.compile(f"(?P<before>{_PARTS})?(?P<role>{_ROLES})(?P<after>{_PARTS})?")
_SYNTAX = "Name the arrays behind the file: data.npz:IMAGES,LABELS."


@dataclass(frozen=True)
class Chosen:
    """The names of the arrays chosen, the part that they are, and what is to be said of it."""

    images: str
    labels: str | None = None
    part: str | None = None
    notes: tuple[str, ...] = ()


def split_name(path: Path | str) -> tuple[Path, tuple[str, ...]]:
    """Tell a file from the names of arrays behind it: ``data.npz:images,labels``.

    A colon in the name of a file that is there is no more than that.
    """
    file, colon, names = str(path).rpartition(":")
    if Path(path).exists() or not colon or not Path(file).is_file():
        return Path(path), ()
    return Path(file), tuple(name.strip() for name in names.split(","))


def choose_labels(shapes: Shapes, names: tuple[str, ...], split: str | None) -> str:
    """Choose the array of labels: the one named, the only one, or the one called so."""
    if names:
        if len(names) > 1:
            raise UsageError(f"{len(names)} names of arrays", expected="one, of the labels")
        return named_arrays(shapes, names, None).images
    called = _by_part(shapes, LABEL_WORDS)
    part = usual_part(split or "test")
    found = called.get(part) or (called.get("") if split is None else None)
    if found is None and len(shapes) > 1:
        raise DataError(
            f"arrays named {listed(shapes)}", expected=f"y_{part}, or y", advice=_SYNTAX
        )
    return _only(shapes, found or list(shapes), "labels")


def named_arrays(shapes: Shapes, names: tuple[str, ...], split: str | None) -> Chosen:
    """Choose the arrays that the user named: images, or images and labels."""
    if split is not None:
        raise UsageError(
            f"a part of the data ({split}) and names of arrays", expected="one of the two"
        )
    for name in names:
        if name not in shapes:
            raise UsageError(f"no array {name!r}", expected=f"one of {listed(shapes)}")
    if not 1 <= len(names) <= 2:
        raise UsageError(f"{len(names)} names of arrays", expected="IMAGES or IMAGES,LABELS")
    return Chosen(names[0], names[1] if len(names) == 2 else None)


def choose_arrays(shapes: Shapes, split: str | None) -> Chosen:
    """Choose images and labels by what arrays are called, or else by their shapes.

    ``x_test``, ``X_test``, ``test_images``, ``testX`` and the like are images, ``y_test``
    and so on their labels; plain ``x`` and ``images`` are those of data without parts.
    Raises DataError where nothing, or more than one thing, is called so.
    """
    images, labels = _by_part(shapes, IMAGE_WORDS), _by_part(shapes, LABEL_WORDS)
    if not images:
        return _by_shape(shapes, split)
    parts = {part for part in images if part}
    plain = "" in images
    if split is not None and usual_part(split) not in parts:
        raise _missing(shapes, split, parts)
    part, notes = choose_part(parts, split)
    if part is None and not plain:
        raise _missing(shapes, "test", parts)
    if part is not None and plain and usual_part(part) != "test" and split is None:
        part, notes = None, ()
    x = _only(shapes, images[part or ""], "images")
    y = _only(shapes, labels[part or ""], "labels") if (part or "") in labels else None
    if y is None:
        notes = (*notes, *_note_on_labels(shapes, x))
    return Chosen(x, y, part, notes)


def parts_of(shapes: Shapes) -> tuple[str, ...]:
    """Name the parts that there are images of."""
    return tuple(part for part in _by_part(shapes, IMAGE_WORDS) if part)


def possible_class_names(shapes: Shapes) -> str | None:
    """Find an array called as the names of classes are: ``class_names``, ``target_names``."""
    called = [
        name
        for name, shape in shapes.items()
        if len(shape) == 1 and re.sub(r"[\W_]", "", name).lower() in _NAMES_WORDS
    ]
    return called[0] if len(called) == 1 else None


def listed(shapes: Shapes) -> str:
    """List arrays with their shapes."""
    return ", ".join(f"{name} {shape}" for name, shape in shapes.items()) or "nothing"


def role_of(name: str, words: Iterable[str]) -> str | None:
    """Tell of which part an array of some role is ("" for none), by its name.

    ``None`` where it is of another role.

    >>> [role_of(name, {"x", "images"}) for name in ("x_fog", "trainX", "Xtest", "images", "y")]
    ['fog', 'train', 'test', '', None]
    """
    together = _TOGETHER.fullmatch(name.lower())
    if together is not None and together["role"] in words:
        return usual_part(together["before"] or together["after"] or "")
    parts = [part for part in re.split(r"[\W_]+|(?<=[a-z0-9])(?=[A-Z])", name) if part]
    for word, rest in ((parts[:1], parts[1:]), (parts[-1:], parts[:-1])):
        if word and word[0].lower() in words:
            return usual_part("_".join(part for part in rest if part.lower() not in words))
    return None


def _by_part(shapes: Shapes, words: set[str]) -> dict[str, list[str]]:
    """List the arrays of a role under the parts that they are of.

    Arrays of facts are called as parts may be too: ``image_shape``, ``label_names``.
    """
    found: dict[str, list[str]] = {}
    for name, shape in shapes.items():
        part = role_of(name, words)
        usual = part == "" or part in PART_WORDS
        if part is not None and len(shape) > (0 if usual or words is LABEL_WORDS else 1):
            found.setdefault(part, []).append(name)
    return found


def _only(shapes: Shapes, names: list[str], what: str) -> str:
    """Give the one of some arrays that are called alike; ``x_test`` and ``y_test`` win.

    ``x`` and ``y`` do not: they may be coordinates. Rows of numbers are no images where others are.
    """
    if what == "images":
        names = [name for name in names if len(shapes[name]) > 1] or names
    usual = [name for name in names if re.match("[xy]_", name)]
    if len(names) > 1 and len(usual) != 1:
        raise DataError(
            f"{len(names)} arrays that may be the {what}: {listed({n: shapes[n] for n in names})}",
            expected="one",
            advice=_SYNTAX,
        )
    return usual[0] if usual else names[0]


def _by_shape(shapes: Shapes, split: str | None) -> Chosen:
    """Choose where names say nothing: one stack of images and, at most, one row of labels."""
    images = [name for name, shape in shapes.items() if len(shape) >= 2 and shape[1] > 1]
    stacks = [name for name in images if len(shapes[name]) >= 3] or images
    others = [name for name in shapes if name not in stacks]
    if split is not None or len(stacks) != 1 or len(others) > 1:
        raise _missing(shapes, split or "test", set())
    if not others:
        return Chosen(stacks[0])
    count, shape = shapes[stacks[0]][0], shapes[others[0]]
    if shape[:1] != (count,) or len(shape) > 2 or others[0].lower() in _NEVER_LABELS:
        raise _missing(shapes, "test", set())
    said = f"By their shapes, {stacks[0]} was taken for the images and {others[0]} for the labels."
    return Chosen(stacks[0], others[0], notes=(said,))


def _note_on_labels(shapes: Shapes, images: str) -> tuple[str, ...]:
    """Say which arrays may be the labels that are missing by name."""
    count = shapes[images][:1]
    maybe = {
        name: shape
        for name, shape in shapes.items()
        if shape[:1] == count and len(shape) <= 2 and name != images
    }
    if not maybe:
        return ()
    return (
        f"No array is called as the labels of {images} would be, so there are none; "
        f"there also is {listed(maybe)}.",
    )


def _missing(shapes: Shapes, wanted: str, parts: set[str]) -> DataError:
    advice = f'Choose one with `split="{min(parts)}"`.' if parts else _SYNTAX
    return DataError(
        f"arrays named {listed(shapes)}",
        expected=f"x_{wanted} and y_{wanted}, or x and y, by these names or similar ones",
        advice=advice,
    )
