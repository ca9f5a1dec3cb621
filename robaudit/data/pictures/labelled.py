"""Pictures that a file of labels is about: matched by their names, or in the order of these."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from robaudit.data.images import Loaded
from robaudit.data.label_text import LabelFile
from robaudit.data.pictures.picture import PictureReading
from robaudit.data.pictures.stack import read_stack
from robaudit.data.pictures.tree import Tree
from robaudit.data.text import some_of
from robaudit.errors import DataError


def read_labelled_pictures(root: Tree, reading: PictureReading, labels: LabelFile) -> Loaded:
    """Read the pictures in ``root``, with labels from a file.

    Where the file names pictures, they are matched by their names; else they are in the
    order of these, with the numbers in them as numbers: 2.png comes before 10.png.
    Raises DataError where it is not clear which label is that of which picture.
    """
    stems = {file.stem for file in root.all_pictures()}
    by_number = labels.counted or labels.indexed
    if labels.names is None or (by_number and not stems & set(labels.names)):
        files, notes = _in_order(root)
        chosen = labels.in_order()
    else:
        files, rows, notes = _by_name(root, labels.names)
        chosen = labels.values[rows]
    pixels, changes = read_stack(files, reading, root.path)
    return Loaded(
        pixels=pixels,
        labels=chosen,
        class_names=labels.class_names,
        notes=(*notes, *changes),
        files=tuple(map(root.name_of, files)),
    )


def _in_order(root: Tree) -> tuple[list[Path], list[str]]:
    holding = [folder for folder in root.folders if any(folder.all_pictures())]
    folder = holding[0] if len(holding) == 1 and not root.pictures else root
    others = [file for inner in folder.folders for file in inner.all_pictures()]
    if not folder.pictures or others:
        raise DataError(
            f"pictures in {len(holding)} folders, and labels without names of pictures",
            expected="pictures in one folder, or labels with a name of a picture in each line",
        )
    by_alphabet = list(folder.pictures)
    files = sorted(by_alphabet, key=_natural)
    said = "in the order of their names"
    if files != by_alphabet:
        place = next(i for i, (a, b) in enumerate(zip(files, by_alphabet, strict=True)) if a != b)
        said += (
            " with the numbers in them as numbers: "
            f"{files[place].name} before {by_alphabet[place].name}"
        )
    return files, [f"Labels were given to the pictures {said}."]


def _natural(path: Path) -> list[tuple[int, str]]:
    """Give what to sort names by so that numbers in them count as numbers."""
    return [
        (int(piece), "") if piece.isdecimal() else (-1, piece)
        for piece in re.split(r"(\d+)", path.name)
    ] + [(-1, path.name)]


def _by_name(root: Tree, names: Sequence[str]) -> tuple[list[Path], list[int], list[str]]:
    """Match pictures with rows of labels: the pictures, the row of each, and what to say."""
    files = list(root.all_pictures())
    rows: dict[Path, int] = {}
    missing = []
    ways = [
        _files_by(files, root.name_of),
        _files_by(files, lambda file: file.name),
        _files_by(files, lambda file: file.stem),
    ]
    for row, name in enumerate(names):
        plain = name.replace("\\", "/").removeprefix("./")
        wanted = (plain, plain.rpartition("/")[2], plain.rpartition("/")[2])
        found = next((way[key] for way, key in zip(ways, wanted, strict=True) if key in way), [])
        if len(found) > 1:
            raise DataError(
                f"{name}, which has a label, may be {found[0]} or {found[1]}",
                expected="names that tell pictures apart",
            )
        if not found:
            missing.append(name)
        elif rows.setdefault(found[0], row) != row:
            raise DataError(f"two labels for {name}", expected="one label a picture")
    without = [root.name_of(file) for file in files if file not in rows]
    if without:
        raise DataError(
            f"{len(without)} of {len(files)} pictures have no label: {some_of(without)}",
            expected="a label for each picture",
        )
    notes = [f"Labels of pictures that are not there: {len(missing)} ({some_of(missing)})."]
    return files, [rows[file] for file in files], notes if missing else []


def _files_by(files: Sequence[Path], name: Callable[[Path], str]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for file in files:
        found.setdefault(name(file), []).append(file)
    return found
