"""Labels in a file of their own: an array, an IDX file, or text."""

import zipfile
from pathlib import Path

from robaudit.data.archives import array_shapes, is_npy, read_array, read_npy
from robaudit.data.array_names import choose_labels, split_name
from robaudit.data.binary import is_idx, read_idx
from robaudit.data.damage import whatever_is_wrong
from robaudit.data.label_json import parse_json_labels
from robaudit.data.label_text import LabelFile, parse_labels
from robaudit.data.text import read_text
from robaudit.errors import DataError, UsageError
from robaudit.storage.nearest import nearest_path

_EXPECTED = "a .npy, .npz, IDX or text file of labels"
_EXPECTED_INSIDE = "one class number or name a line, or a table with a column of labels"


def read_labels(path: Path | str, split: str | None = None) -> LabelFile:
    """Read a file of labels: ``.npy``, ``.npz``, IDX, or text with one label a line.

    ``labels.npz:NAME`` names an array of an archive; else it is that of the part
    ``split``. Raises UsageError for a file that is missing, DataError for one that holds
    no labels.
    """
    path, names = split_name(path)
    if not path.is_file():
        raise UsageError(f"no labels at {path}", expected=_EXPECTED, advice=nearest_path(path))
    try:
        with whatever_is_wrong():
            return _read(path, names, split)
    except DataError as error:
        raise DataError(
            f"labels in {path} cannot be read ({error.found})",
            expected=error.expected or _EXPECTED_INSIDE,
            advice=error.advice,
        ) from error


def _read(path: Path, names: tuple[str, ...], split: str | None) -> LabelFile:
    if zipfile.is_zipfile(path):
        return LabelFile(read_array(path, choose_labels(array_shapes(path), names, split)))
    if names:
        raise UsageError(f"names of arrays for {path}", expected="an .npz file")
    if is_npy(path):
        return LabelFile(read_npy(path))
    if is_idx(path):
        return LabelFile(read_idx(path))
    try:
        text = read_text(path)
    except ValueError as error:
        raise DataError(str(error), expected=_EXPECTED_INSIDE) from error
    return parse_json_labels(text) or parse_labels(text)
