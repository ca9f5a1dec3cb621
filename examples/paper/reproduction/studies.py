"""What the command lines of studies share: which data sets, from where, and where results go."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from reproduction.data import Data, read_data
from reproduction.settings import Dataset
from robaudit.errors import UsageError

_DATASETS: tuple[Dataset, ...] = ("mnist", "fashion_mnist", "cifar10")
_DIGITS = Path(__file__).resolve().parents[2]
"""The folder that holds the embedded digits."""


def add_datasets(parser: argparse.ArgumentParser, out: str) -> None:
    """Add the options that say which data sets, and where they and the results are."""
    parser.add_argument(
        "--dataset",
        action="append",
        choices=_DATASETS,
        help="may be given more than once; by default all",
    )
    parser.add_argument("--data", type=Path, help="folder of the .npz files; else Keras loads them")
    parser.add_argument("-o", "--out", type=Path, default=Path(out), help="folder of the results")


def datasets_of(options: argparse.Namespace) -> Sequence[Dataset]:
    """Give the data sets asked for; the smoke scale is of the embedded digits alone.

    Raises UsageError where it is asked for another.
    """
    if options.scale != "smoke":
        return options.dataset or _DATASETS
    if options.dataset:
        raise UsageError(
            f"--scale smoke with --dataset {options.dataset[0]}",
            expected="no data set: it is of the embedded digits",
        )
    return ("digits",)


def data_of(dataset: Dataset, options: argparse.Namespace) -> Data:
    """Read a data set from where the options say."""
    return read_data(dataset, _DIGITS if options.scale == "smoke" else options.data)
