"""Folders of pictures, and the parts of a data set that they may be."""

from dataclasses import replace
from pathlib import Path

from robaudit.data.images import Loaded
from robaudit.data.label_text import LabelFile
from robaudit.data.parts import PART_WORDS, choose_part, usual_part
from robaudit.data.pictures.class_folders import read_class_folders
from robaudit.data.pictures.labelled import read_labelled_pictures
from robaudit.data.pictures.picture import PictureReading
from robaudit.data.pictures.tree import folders_in, holds_pictures, look_into
from robaudit.errors import DataError


def read_folder(
    folder: Path, split: str | None, reading: PictureReading, labels: LabelFile | None = None
) -> Loaded:
    """Read all pictures below ``folder``, or below its part ``split``.

    A class is a folder of pictures, unless there is a file of ``labels``: then the
    pictures are those that it is about.
    """
    given, folder = folder, innermost(folder)
    parts = parts_in(folder, labelled=labels is not None)
    if split is None:
        usual = {part for part in parts if usual_part(part) in PART_WORDS}
        part, notes = choose_part(usual, None)
        if part is None and usual:
            raise DataError(
                f"no folder named test, but {', '.join(sorted(usual))}",
                expected=f"{folder.name}/test/CLASS/PICTURE",
                advice=f'Choose one with `split="{min(usual)}"`.',
            )
    else:
        part, notes = choose_part([path.name for path in folders_in(folder)], split)
    root = look_into(innermost(folder if part is None else folder / part))
    if labels is None:
        loaded = read_class_folders(root, reading)
    else:
        loaded = read_labelled_pictures(root, reading, labels)
    files = loaded.files and tuple(
        (root.path.relative_to(given) / file).as_posix() for file in loaded.files
    )
    return replace(loaded, split=part, notes=(*notes, *loaded.notes), files=files)


def innermost(folder: Path) -> Path:
    """Go into a folder that holds nothing but a folder of its own name, as archives unpack."""
    inner = [path.name for path in folders_in(folder)]
    if inner != [folder.name] or holds_pictures(folder):
        return folder
    return innermost(folder / folder.name)


def parts_in(folder: Path, *, labelled: bool = False) -> list[str]:
    """Name the folders that may be parts of a data set rather than classes of it.

    Those are the ones called so that hold folders. Where labels lie in a file of their
    own, they may hold pictures.
    """
    return [
        path.name
        for path in folders_in(innermost(folder))
        if usual_part(path.name) in PART_WORDS and (labelled or not holds_pictures(path))
    ]
