"""One folder a class: which folders are classes, and what their numbers are."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from robaudit.data.images import Loaded
from robaudit.data.parts import PART_WORDS, usual_part
from robaudit.data.pictures.picture import PictureReading
from robaudit.data.pictures.stack import read_stack
from robaudit.data.pictures.tree import Tree
from robaudit.data.text import first_twice, is_other_picture_name, plain_name, some_of
from robaudit.errors import DataError


def read_class_folders(root: Tree, reading: PictureReading) -> Loaded:
    """Read the pictures of all classes, each a folder in ``root``, with all that lies in it.

    Classes whose names are numbers are in the order of these, others in that of the
    alphabet. A folder with nothing in it, or only pictures of formats that are not read, is
    a class too; one that holds other files alone is none. Raises DataError where it is not
    clear what the classes are.
    """
    holding = [folder for folder in root.folders if any(folder.all_pictures())]
    _check_classes(root, holding)
    numbered = all(folder.path.name.isdecimal() for folder in holding)
    empty = [folder for folder in root.folders if _is_empty_class(folder, numbered=numbered)]
    classes = sorted([*holding, *empty], key=lambda folder: folder.path.name)
    if numbered:
        classes.sort(key=lambda folder: int(folder.path.name))
        _check_numbers(classes)
    labelled = [
        (label, file) for label, folder in enumerate(classes) for file in folder.all_pictures()
    ]
    pixels, notes = read_stack([file for _, file in labelled], reading, root.path)
    return Loaded(
        pixels=pixels,
        labels=np.array([label for label, _ in labelled]),
        class_names=_names(classes),
        by_alphabet=not numbered,
        notes=(*_notes_on_folders(root, classes, empty), *notes),
        files=tuple(root.name_of(file) for _, file in labelled),
    )


def _check_classes(root: Tree, holding: Sequence[Tree]) -> None:
    """Refuse folders without pictures, and those whose folders may be parts, or one too many."""
    expected = "one folder a class, with pictures in it"
    if not holding and root.pictures:
        raise DataError(
            f"{len(root.pictures)} pictures outside class folders",
            expected=expected,
            advice="Pictures without such folders need a file of `labels`.",
        )
    if not holding:
        raise DataError(f"no folders of pictures, but {root.what_is_there()}", expected=expected)
    if all(folder.pictures and _called_as_a_part(folder) for folder in holding):
        raise DataError(
            f"pictures in {some_of(folder.path.name for folder in holding)}, called as parts of a "
            "data set are, and no folders of classes there",
            expected=expected,
            advice="Pictures without such folders need a file of `labels`.",
        )
    leaves = [leaf for folder in holding for leaf in folder.leaves()]
    within = Counter(name for one in holding for name in {leaf.path.name for leaf in one.leaves()})
    parts_of_a_set = len(holding) == 1 or max(within.values(), default=0) > 1
    if not any(folder.pictures for folder in holding) and len(within) > 1 and parts_of_a_set:
        raise DataError(
            f"pictures several folders deep, as in {root.name_of(leaves[0].path)}, so that it is "
            "not clear which folder is the class",
            expected="one folder a class",
            advice=f"If {holding[0].path.name} is no class, give {_branching(holding[0]).path} as "
            "the data.",
        )


def _called_as_a_part(folder: Tree) -> bool:
    """Tell whether a folder is called as parts of data sets are, with a number or without."""
    return usual_part(folder.path.name.rstrip("0123456789")) in PART_WORDS


def _branching(folder: Tree) -> Tree:
    """Go down to the first folder that holds more than a single folder."""
    alone = len(folder.folders) == 1 and not folder.pictures
    return _branching(folder.folders[0]) if alone else folder


def _is_empty_class(folder: Tree, *, numbered: bool) -> bool:
    """Tell whether a folder without pictures is that of a class none are of."""
    if any(folder.all_pictures()):
        return False
    if numbered:
        return folder.path.name.isdecimal()
    return all(is_other_picture_name(file.name) for file in folder.all_others())


def _names(classes: Sequence[Tree]) -> tuple[str, ...]:
    names = tuple(plain_name(folder.path.name) for folder in classes)
    twice = first_twice(names)
    if twice is not None:
        raise DataError(f"two folders named {twice!r}", expected="one folder a class")
    return names


def _check_numbers(classes: Sequence[Tree]) -> None:
    for first, second in pairwise(classes):
        if int(first.path.name) == int(second.path.name):
            raise DataError(
                f"two folders for class {int(first.path.name)}: {first.path.name} and "
                f"{second.path.name}",
                expected="one folder a class",
            )


def _notes_on_folders(root: Tree, classes: Sequence[Tree], empty: Sequence[Tree]) -> list[str]:
    strange = [folder for folder in root.folders if folder not in classes]
    deeper = [
        file for folder in classes for inner in folder.folders for file in inner.all_pictures()
    ]
    unread = [file for folder in classes for file in folder.all_others()]
    said: dict[str, Sequence[str]] = {
        "Class folders without pictures": [folder.path.name for folder in empty],
        "Folders without pictures, taken for no classes": [one.path.name for one in strange],
        "Pictures outside the class folders, not read": list(map(root.name_of, root.pictures)),
        "Pictures in folders within class folders, read as theirs": list(map(root.name_of, deeper)),
        "Files that are no pictures of a format that is read": list(map(root.name_of, unread)),
    }
    return [f"{what}: {len(names)} ({some_of(names)})." for what, names in said.items() if names]
