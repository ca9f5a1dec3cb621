"""Data that travel easily: MNIST, and the first images of each class of CIFAR-10.

python -m benchmarks.gpu.data FOLDER [--shared ../shared]
"""

import argparse
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from robaudit.types import IntArray

TRAIN, TEST = 1_000, 200
"""Images of each class that are kept of CIFAR-10."""
_SHARED = Path(__file__).parents[3] / "shared"


def main(arguments: Sequence[str] | None = None) -> None:
    """Write FOLDER/data/mnist.npz and FOLDER/data/cifar10.npz."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu.data", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    shared = Path(os.environ.get("ROBAUDIT_SHARED", _SHARED))
    parser.add_argument("--shared", type=Path, default=shared)
    options = parser.parse_args(arguments)
    data = options.folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(options.shared / "data" / "mnist.npz", data / "mnist.npz")
    write_small(options.shared / "data" / "cifar10.npz", data / "cifar10.npz")


def write_small(source: Path, target: Path, train: int = TRAIN, test: int = TEST) -> None:
    """Write the first so many images of each class of a data set, in their order."""
    kept = {}
    with np.load(source, allow_pickle=False) as arrays:
        for split, count in (("train", train), ("test", test)):
            labels = arrays[f"y_{split}"]
            rows = first_of_each(labels, count)
            kept[f"x_{split}"], kept[f"y_{split}"] = arrays[f"x_{split}"][rows], labels[rows]
    np.savez_compressed(target, **kept)


def first_of_each(labels: IntArray, count: int) -> IntArray:
    """Give the rows of the first ``count`` of each class, in their order.

    >>> first_of_each(np.array([1, 0, 1, 1, 0, 0]), 2)
    array([0, 1, 2, 4])
    """
    rows = [np.flatnonzero(labels == one)[:count] for one in np.unique(labels)]
    return np.sort(np.concatenate(rows))


if __name__ == "__main__":
    main()
