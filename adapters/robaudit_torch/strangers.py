"""Files that are whole and are no PyTorch models, named for what they are."""

import tarfile
import zipfile
from pathlib import Path

from robaudit.model_files import excess_of_weights
from robaudit_torch.pickles import is_pickle, names_in

_START = 64
_STARTS = {
    b"\x89hdf": "an HDF5 file, as Keras and MATLAB write it",
    b"\x93numpy": "an array of NumPy's",
    b"\x1f\x8b": "compressed with gzip: unpack it first",
    b"<!doctype html": "a web page, perhaps in place of the file that was to be fetched",
    b"<html": "a web page, perhaps in place of the file that was to be fetched",
    b"gguf": "a GGUF file of a language model",
}
"""How files begin, in small letters."""

_TABLE_END = bytes.fromhex("57fb808b247547db")
"""How tables of TensorFlow's end."""


def what_it_is(path: Path) -> str | None:
    """Name what a file is, that torch does not read, if it can be told and the file is whole."""
    with path.open("rb") as file:
        start = file.read(_START)
        file.seek(max(0, path.stat().st_size - len(_TABLE_END)))
        end = file.read()
    if end == _TABLE_END:
        return "a checkpoint of TensorFlow's"
    signs = (name for sign, name in _STARTS.items() if start.lower().startswith(sign))
    return next(signs, None) or _container(path)


def _container(path: Path) -> str | None:
    if zipfile.is_zipfile(path):
        return _archive(path)
    if tarfile.is_tarfile(path):
        return "a tar archive: unpack it first, or, if torch before 0.4 wrote it, `trust=True`"
    if is_pickle(path):
        names = sorted({name.partition(".")[0] for name in names_in(path)})
        whose = f" of objects of {', '.join(names)}" if names else ""
        return f"a plain pickle{whose}, which is read with `trust=True` alone"
    return None


def _archive(path: Path) -> str | None:
    """Name what a zip archive holds, unless it is what torch writes."""
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
        if excess_of_weights(unpacked, path.stat().st_size) or archive.testzip() is not None:
            return None
        names = archive.namelist()
    if any(name.endswith(("/data.pkl", "/version", "/byteorder")) for name in names):
        return None
    if "serialized_exported_program.json" in names:
        return "an exported program of an early version of torch: export it anew"
    if names and all(name.endswith(".npy") for name in names):
        return "an archive of NumPy's arrays"
    if "config.json" in names and "model.weights.h5" in names:
        return "a model of Keras"
    return f"a zip archive of something else ({', '.join(names[:3])})"
