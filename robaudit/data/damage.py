"""Files that are not what they should be: what libraries make of them, and what they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from robaudit.errors import DataError, RobauditError, unheard

READABLE = (
    "a NumPy .npz or .npy file, an MNIST IDX file, a CIFAR binary batch, "
    "or a folder with one folder of pictures a class"
)

_KINDS = {
    b"\x80": "a pickle, which can run code when it is read, and so is not read",
    b"version https://git-lfs": "a Git LFS pointer: fetch the file itself with git lfs pull",
    b"\x89HDF": "an HDF5 file",
    b"PAR1": "a Parquet file",
    b"MATLAB": "a MATLAB file",
}


@contextmanager
def whatever_is_wrong() -> Iterator[None]:
    """Turn whatever a library raises on a strange file into a DataError; let it talk in vain.

    NumPy, Pillow and the decompressors raise some twenty kinds of errors on
    damaged files, and more with each release.
    """
    try:
        with unheard():
            yield
    except (RobauditError, MemoryError, OSError):
        raise
    except Exception as error:
        raise DataError(
            f"damaged, or it holds pickles, which are not read ({type(error).__name__}: {error})",
            expected=READABLE,
        ) from error


def starts_with(path: Path, magic: bytes) -> bool:
    """Tell whether a file begins with some bytes."""
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def what_is_it(path: Path) -> str:
    """Say what a file is that is no data of a format that is read."""
    if not path.stat().st_size:
        return "an empty file"
    known = next((kind for magic, kind in _KINDS.items() if starts_with(path, magic)), None)
    return known or "a file of no format that is known here, or a damaged one"
