"""Peak memory of a scan against the size of its data, for each way in which that may be stored.

python -m benchmarks.data_memory [--images 100000] [--pictures 4000] [--only npy,pictures]

Each kind of data is made in a temporary folder (TMPDIR says where; the array that is stored as
it is takes 15 GB there, and so does unpacking the compressed one), scanned in a process of its
own by a function that costs next to nothing, and removed. What is printed is the most that
was resident, mapped pages of files among it, and the seconds, of each stage.
"""

import argparse
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO
from unittest.mock import patch

import numpy as np
from numpy.lib import format as npy
from PIL import Image

from robaudit import Classifier, InputSpec, SearchPlan
from robaudit.audit import scan_prepared
from robaudit.batches import pace_for
from robaudit.data.files import read_images
from robaudit.preprocessing.candidates import PreprocessingRequest
from robaudit.preprocessing.prepare import prepare
from robaudit.search import batch_size
from robaudit.storage.memory import forget_peak, peak_memory
from robaudit.types import FloatArray, IntArray

SHAPE = (224, 224, 3)
_CLASSES = 10
_NOISY_ROWS = 8
"""Of a picture's 224: what is compressed may unpack to a hundred times its size, no more."""
_A_PIECE = 500
_SAMPLES, _DIRECTIONS = 20, 20


@dataclass(frozen=True)
class Kind:
    """A way to store images: how to write them to a folder, and what is to be read there."""

    name: str
    write: Callable[[Path, int], Path]


def main() -> None:
    """Make data, scan it, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.data_memory", description=__doc__)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--pictures", type=int, default=4000)
    parser.add_argument("--only", type=lambda text: text.split(","))
    parser.add_argument("--scan", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.scan is not None:
        print(json.dumps(scan_stages(options.scan)))
        return
    print(
        "| data | images | bytes as pixels | stage: peak MB, seconds |\n| --- | ---: | ---: | --- |"
    )
    for kind in KINDS:
        if options.only and kind.name not in options.only:
            continue
        count = options.pictures if kind.name == "pictures" else options.images
        with TemporaryDirectory(prefix="robaudit-") as folder:
            path = kind.write(Path(folder), count)
            command = [sys.executable, "-m", "benchmarks.data_memory", "--scan", str(path)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE)  # noqa: S603 - this
        stages = json.loads(done.stdout)
        said = ", ".join(f"{stage}: {peak / 1e6:,.0f}, {s:.1f} s" for stage, peak, s in stages)
        size = count * np.prod(SHAPE, dtype=np.int64) / 1e9
        print(f"| {kind.name} | {count:,} | {size:,.1f} GB | {said} |", flush=True)


def scan_stages(path: Path) -> list[tuple[str, int, float]]:
    """Read, prepare and scan; give each stage's peak of memory in bytes, and its seconds."""
    stages: list[tuple[str, int, float]] = []
    started = time.perf_counter()

    def end(stage: str) -> None:
        nonlocal started
        stages.append((stage, peak_memory(), time.perf_counter() - started))
        forget_peak()
        started = time.perf_counter()

    end("importing")
    images = read_images(path, tell=lambda what: print(what, file=sys.stderr))
    end("reading")
    plan = SearchPlan(samples=_SAMPLES, directions=_DIRECTIONS)
    classifier = Classifier("marks", InputSpec(SHAPE, _CLASSES), predict_marks)
    pace = pace_for(classifier.spec)
    request = PreprocessingRequest()
    prepared = prepare(classifier, images, request, count=_SAMPLES, seed=0, pace=pace)
    end("preparing")
    with patch.object(batch_size, "forget_peak"):  # the peak of the whole stage is asked for
        audit = scan_prepared(prepared, pace, plan=plan)
    end("predicting all, searching few")
    right = audit.clean.overall.value
    print(f"{path.name}: right on {right}", file=sys.stderr)
    return stages


def predict_marks(x: FloatArray) -> FloatArray:
    """Give scores (n, classes): the first numbers of each picture, as pictures are marked."""
    marks = x.reshape(len(x), -1)[:, :_CLASSES]
    return np.asarray(8 * marks - np.linspace(0, 1, _CLASSES, dtype=np.float32))


def pictures(count: int) -> Iterator[tuple[np.ndarray, IntArray]]:
    """Give pictures, some at a time, and their classes, which are marked in their first numbers."""
    for start in range(0, count, _A_PIECE):
        random = np.random.default_rng(start)
        size = min(_A_PIECE, count - start)
        pixels = np.zeros((size, *SHAPE), dtype=np.uint8)
        pixels[:, :_NOISY_ROWS] = random.integers(0, 256, (size, _NOISY_ROWS, *SHAPE[1:]))
        classes = random.integers(0, _CLASSES, size)
        marks = pixels.reshape(size, -1)[:, :_CLASSES]
        marks[:] = 0
        marks[np.arange(size), classes] = 255
        yield pixels, classes


def write_npy(folder: Path, count: int) -> Path:
    """Write a piece of pictures, and black ones behind it that take no room on the disk."""
    with (folder / "images.npy").open("wb") as file:
        _head(file, np.uint8, (count, *SHAPE))
        end = file.tell() + count * int(np.prod(SHAPE))
        file.write(next(pictures(count))[0].tobytes())
        file.truncate(end)
    return folder / "images.npy"


def write_stored(folder: Path, count: int) -> Path:
    """Write an archive as np.savez does."""
    return _archive(folder / "stored.npz", count, zipfile.ZIP_STORED)


def write_compressed(folder: Path, count: int) -> Path:
    """Write an archive as np.savez_compressed does."""
    return _archive(folder / "compressed.npz", count, zipfile.ZIP_DEFLATED)


def write_pictures(folder: Path, count: int) -> Path:
    """Write a folder a class, of PNG and JPEG pictures by turns."""
    data, number = folder / "pictures", 0
    for pixels, classes in pictures(count):
        for one, label in zip(pixels, classes.tolist(), strict=True):
            ending = "png" if number % 2 else "jpg"
            file = data / str(label) / f"{number}.{ending}"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(one).save(file)
            number += 1
    return data


KINDS = (
    Kind("npy", write_npy),
    Kind("stored", write_stored),
    Kind("compressed", write_compressed),
    Kind("pictures", write_pictures),
)


def _archive(path: Path, count: int, how: int) -> Path:
    classes = []
    with zipfile.ZipFile(path, "w", how, compresslevel=1) as archive:
        with archive.open("x.npy", "w", force_zip64=True) as file:
            _head(file, np.uint8, (count, *SHAPE))
            for pixels, of_these in pictures(count):
                file.write(pixels.tobytes())
                classes.append(of_these)
        with archive.open("y.npy", "w") as file:
            npy.write_array(file, np.concatenate(classes))
    return path


def _head(file: IO[bytes], kind: type[np.generic], shape: tuple[int, ...]) -> None:
    head = {"descr": np.dtype(kind).str, "fortran_order": False, "shape": shape}
    npy.write_array_header_1_0(file, head)


if __name__ == "__main__":
    main()
