"""Weights that lie in files of their own: regular files inside the model's folder, nothing else.

They are read here, whatever tensor they are of, so that no reader of ONNX's has to be trusted
with where they lie.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from onnx import TensorProto

from robaudit.errors import NotAuditableError
from robaudit_onnx.tensors import bytes_of, is_external

_MOST_SHARED = 4
_SPARE = 2**26


def read_external_data(tensors: Iterable[TensorProto], path: Path) -> dict[str, str]:
    """Put the numbers that lie beside a model into its tensors; give the SHA-256 of each file.

    Raises NotAuditableError where they are missing, or elsewhere than in the model's folder.
    """
    files: dict[str, Path] = {}
    held, taken = 0, 0
    for tensor in tensors:
        if not is_external(tensor):
            continue
        entries = _entries(tensor, path)
        location = entries.get("location", "")
        if location not in files:
            files[location] = _external_file(path, location)
            held += files[location].stat().st_size
        taken += bytes_of(tensor.data_type, list(tensor.dims))
        if taken > _MOST_SHARED * held + _SPARE:
            raise NotAuditableError(
                f"{path} takes {taken} bytes from files beside it that have {held}",
                expected=f"each number to be that of at most {_MOST_SHARED} tensors",
            )
        tensor.raw_data = _content(tensor, entries, files[location], path)
        del tensor.external_data[:]
        tensor.ClearField("data_location")
    return {location: _digest(files[location]) for location in sorted(files)}


def _entries(tensor: TensorProto, path: Path) -> dict[str, str]:
    """Read where a tensor's numbers lie; readers differ in which of two answers they take."""
    entries = {str(entry.key): str(entry.value) for entry in tensor.external_data}
    if len(entries) != len(tensor.external_data):
        raise NotAuditableError(
            f"{path} says twice where the numbers of {tensor.name!r:.80} lie",
            expected="one place for each tensor",
        )
    return entries


def _external_file(path: Path, location: str) -> Path:
    """Find a file of external data: a regular file inside the model's folder, nothing else."""
    inside = PurePosixPath(location)
    file = path.parent / location
    # What begins with a star is an address in memory to onnxruntime.
    strange = "\\" in location or "\0" in location or location.startswith("*")
    if not location or inside.is_absolute() or ".." in inside.parts or strange:
        raise NotAuditableError(
            f"{path} takes weights from {location!r:.200}",
            expected="external data inside the model's own folder",
        )
    if not os.path.lexists(file):
        raise NotAuditableError(
            f"{path} takes weights from {location[:200]}, which is missing",
            expected=f"{location[:200]} beside it",
            advice="Copy the model together with its external data.",
        )
    linked = any(p.is_symlink() for p in (file, *list(file.parents)[: len(inside.parts) - 1]))
    if linked or not file.is_file() or file.stat().st_nlink > 1:
        raise NotAuditableError(
            f"{path} takes weights from {location[:200]}, which is a link or no regular file",
            expected="a regular file, since a model file must not read others",
        )
    return file


def _content(tensor: TensorProto, entries: dict[str, str], file: Path, path: Path) -> bytes:
    """Read the part of a file that is a tensor's, after it was seen that the file has it."""
    name, held = f"{tensor.name!r:.80}", file.stat().st_size
    try:
        offset, length = int(entries.get("offset") or 0), int(entries.get("length") or -1)
    except ValueError as error:
        raise NotAuditableError(
            f"{path}: the external data of {name} lie at {entries.get('offset')!r:.40}, "
            f"{entries.get('length')!r:.40}",
            expected="whole numbers of bytes",
        ) from error
    if length < 0:
        length = held - offset
    needed = bytes_of(tensor.data_type, list(tensor.dims))
    if min((offset, length, *tensor.dims)) < 0 or offset + length > held or length != needed:
        raise NotAuditableError(
            f"the external data of {path} cannot be read: {name} needs {needed} bytes, and is "
            f"said to have {length} from {offset} on in {file.name}, which has {held}",
            expected="whole files beside the model",
        )
    try:
        with file.open("rb") as data:
            data.seek(offset)
            return data.read(length)
    except OSError as error:
        raise NotAuditableError(
            f"the external data of {path} cannot be read ({error})",
            expected="whole files beside the model",
        ) from error


def _digest(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()
