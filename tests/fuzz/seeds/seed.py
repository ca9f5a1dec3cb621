"""What is mutated: small files that a command reads as they are."""

import io
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Files = dict[str, bytes]
"""The content of files by their paths, in the folder that a command works in."""

SEARCH = ("--samples", "4", "--directions", "2", "--steps", "4", "--step", "0.2")
"""As little work as shows whether a model runs."""


@dataclass(frozen=True)
class Seed:
    """Files, those of them that may be mutated, and the commands that read them.

    ``refused`` says that the files are refused as they are, since they would run code.
    """

    files: Files
    targets: tuple[str, ...]
    commands: tuple[tuple[str, ...], ...]
    refused: bool = False


def scanned(
    files: Files,
    model: str,
    *options: str,
    targets: tuple[str, ...] = (),
    data: str = "data.npz",
    refused: bool = False,
    hardened: bool = False,
) -> Seed:
    """Make a seed of a model, or of data, that is scanned, and perhaps hardened."""
    common = (model, "--data", data, *SEARCH, *options, "-q", "-o", "out")
    attacked = ("scan", *common, "--attack", "gaussian-noise:sigma=0.2", "--attack-samples", "2")
    commands = [("scan", *common)] * 7 + [attacked]
    if hardened:
        training = ("--search-samples", "8", "--search-directions", "2", "--attacks", "none")
        validation = ("--validation-samples", "4", "--validation-directions", "2", "--epochs", "1")
        commands.append(("harden", "--method", "feedback", *common, *training, *validation))
    return Seed({"data.npz": DATA, **files}, targets or (model,), tuple(commands), refused)


@contextmanager
def read_back() -> Iterator[tuple[Path, Callable[[], Files]]]:
    """Give an empty folder, and what reads the files there."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield (
            folder,
            lambda: {
                str(path.relative_to(folder)): path.read_bytes()
                for path in sorted(folder.rglob("*"))
                if path.is_file()
            },
        )


def written(write: Callable[[Path], object], name: str) -> bytes:
    """Give what is written to a file of a name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write(path)
        return path.read_bytes()


def undated(content: bytes) -> bytes:
    """Write a zip archive anew, without the hour that its members were made."""
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(kept, "w") as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name), old.read(name))
    return kept.getvalue()


def pictures(count: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Make grey pictures (count, 8, 8) of three classes: which rows are bright."""
    random = np.random.default_rng(0)
    labels = np.arange(count) % 3
    x = random.integers(0, 60, (count, 8, 8))
    for label, rows in enumerate((slice(0, 3), slice(3, 6), slice(6, 8))):
        x[labels == label, rows] += 180
    return x.astype(np.uint8), labels.astype(np.int64)


def archive(**arrays: np.ndarray) -> bytes:
    """Give arrays as an ``.npz`` file."""
    kept = io.BytesIO()
    np.savez(kept, allow_pickle=False, **arrays)
    return undated(kept.getvalue())


def weights() -> tuple[np.ndarray, np.ndarray]:
    """Give the weights (64, 3) and bias (3,) of a linear model that tells the pictures apart."""
    matrix = np.zeros((8, 8, 3), dtype=np.float32)
    for label, rows in enumerate((slice(0, 3), slice(3, 6), slice(6, 8))):
        matrix[rows, :, label] = 1 / (8 * (rows.stop - rows.start))
    return matrix.reshape(64, 3), np.zeros(3, dtype=np.float32)


DATA = archive(x=pictures()[0], y=pictures()[1])
