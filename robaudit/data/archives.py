"""NumPy's own files: one array, or an archive of named ones. Nothing is ever unpickled."""

import struct
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np

from robaudit.data.array_names import Shapes, choose_arrays, named_arrays, possible_class_names
from robaudit.data.damage import starts_with
from robaudit.data.images import Loaded, Tell, tell_nobody
from robaudit.data.stacks import Pixels
from robaudit.data.text import first_twice, plain_name
from robaudit.errors import DataError
from robaudit.storage import mapped
from robaudit.storage.bounded import excess_in_archive, misfit_of_array, read_head, read_layout

_NPY = b"\x93NUMPY"
_NAME_LENGTH = 26
"""Where the head of a zip archive's member has the lengths of its name and of what comes then."""
_AT_A_TIME = 2**20


def is_npy(path: Path) -> bool:
    """Tell whether a file begins as those of one array do."""
    return starts_with(path, _NPY)


def read_npy(path: Path) -> Pixels:
    """Read the array of a file; DataError is raised for one of Python objects."""
    with path.open("rb") as file:
        _, dtype = read_head(file)
        file.seek(0)
        wrong = misfit_of_array(file, path.stat().st_size)
    if dtype.hasobject:
        raise _holds_objects("the array")
    if wrong:
        raise DataError(f"it {wrong}", expected="a whole array")
    if path.stat().st_size > mapped.MOST_IN_MEMORY:
        with path.open("rb") as file:
            there = mapped.map_array(file)
        if there is not None:
            return there
    array: Pixels = np.load(path, allow_pickle=False)
    return array


def read_npz(
    path: Path, split: str | None, names: tuple[str, ...] = (), tell: Tell = tell_nobody
) -> Loaded:
    """Read the images of an archive, and their labels: those named, else those of a part.

    ``tell`` hears of what has to be unpacked first.
    """
    shapes = array_shapes(path)
    chosen = named_arrays(shapes, names, split) if names else choose_arrays(shapes, split)
    return Loaded(
        read_array(path, chosen.images, tell),
        None if chosen.labels is None else read_array(path, chosen.labels),
        class_names=None if chosen.labels is None else _class_names(path, shapes),
        split=chosen.part,
        notes=chosen.notes,
    )


def _class_names(path: Path, shapes: Shapes) -> tuple[str, ...] | None:
    """Read the names of classes that an archive has beside the labels, if it has any.

    An array that is called so may be another thing: names are text, each another.
    """
    name = possible_class_names(shapes)
    array = None if name is None else _unless_objects(path, name)
    if array is None or array.dtype.kind not in "SUT":
        return None
    texts = np.char.decode(array, "utf-8", "replace") if array.dtype.kind == "S" else array
    names = tuple(plain_name(str(text)) for text in texts.tolist())
    return None if not names or first_twice(names) else names


def array_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Give the shapes of the arrays in an archive, by their names.

    Raises DataError where it has none, and where it is more than it may be.
    """
    excess = excess_in_archive(path)
    if excess:
        raise DataError(f"it {excess}", expected="arrays, as np.savez writes them")
    with zipfile.ZipFile(path) as archive:
        arrays = [name for name in archive.namelist() if name.endswith(".npy")]
        if not arrays:
            raise DataError(
                f"a zip archive without arrays, but with {', '.join(archive.namelist()[:3])}",
                expected="arrays, as np.savez writes them",
                advice="An archive of pictures must be unpacked first.",
            )
        shapes = {}
        for name in arrays:
            with archive.open(name) as file:
                shapes[name.removesuffix(".npy")], _ = read_head(file)
    return shapes


def read_array(path: Path, name: str, tell: Tell = tell_nobody) -> Pixels:
    """Read one array of an archive; DataError is raised for one of Python objects.

    A large one stays in its file where it is stored as it is, else in a temporary one that it
    is unpacked to: ``tell`` hears of that first.
    """
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo(f"{name}.npy")
        with archive.open(member) as file:
            _, scattered, dtype = read_layout(file)
        if dtype.hasobject:
            raise _holds_objects(name)
        there = None
        if member.file_size > mapped.MOST_IN_MEMORY and not scattered:
            stored = member.compress_type == zipfile.ZIP_STORED
            there = _stored(path, member) if stored else _unpacked(archive, member, name, tell)
        if there is not None:
            return there
        with archive.open(member) as file:  # np.load may take a member without the ending
            array: Pixels = np.lib.format.read_array(file, allow_pickle=False)
    return array


def _stored(path: Path, member: zipfile.ZipInfo) -> Pixels | None:
    """Map an array where it lies in an archive, having held it against its check sum."""
    with path.open("rb") as file:
        file.seek(member.header_offset + _NAME_LENGTH)
        start = file.tell() + 4 + sum(struct.unpack("<HH", file.read(4)))
        file.seek(start)
        found, left = 0, member.file_size
        while left and (piece := file.read(min(left, _AT_A_TIME))):
            found, left = zlib.crc32(piece, found), left - len(piece)
        if found != member.CRC:
            raise zipfile.BadZipFile(f"Bad CRC-32 for file {member.filename!r}")
        return mapped.map_array(file, start)


def _unpacked(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, tell: Tell
) -> Pixels | None:
    """Unpack an array to a temporary file, and map it there."""
    tell(f"unpacking {name}: {mapped.written_size(member.file_size)} to a temporary file")
    with archive.open(member) as packed, mapped.unpack(packed, member.file_size) as file:
        packed.read(1)  # at its end the check sum is looked at
        return mapped.map_array(file)


def _unless_objects(path: Path, name: str) -> Pixels | None:
    with suppress(DataError):
        return read_array(path, name)
    return None


def _holds_objects(name: str) -> DataError:
    return DataError(
        f"{name} holds Python objects as pickles, which are not read",
        expected="an array of numbers, or of text",
        advice="Images of several sizes must be brought to one first, and names be saved as text: "
        "names.astype(str).",
    )
