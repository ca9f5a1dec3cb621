"""Which parts of a data set are trained on, and which kept to compare on."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit.commands.from_options import read_training_data
from robaudit.commands.options.parser import make_parser
from tests.support.labelled_images import GREY, LABELS


@pytest.mark.parametrize(
    ("parts", "arguments", "used"),
    [
        (("train", "test"), [], ("train", "test")),
        (("train", "valid"), [], ("train", "val")),
        (("train", "val", "test"), [], ("train", "test")),
        (("train", "val"), ["--split", "validation"], ("val", None)),
        (("train",), [], ("train", None)),
    ],
)
def test_parts(
    tmp_path: Path, parts: tuple[str, ...], arguments: list[str], used: tuple[str, str | None]
) -> None:
    arrays: dict[str, Any] = {}
    for part in parts:
        arrays |= {f"x_{part}": GREY, f"y_{part}": LABELS}
    np.savez(tmp_path / "d.npz", allow_pickle=False, **arrays)
    options = make_parser().parse_args(
        ["harden", "model.onnx", "--data", str(tmp_path / "d.npz"), *arguments]
    )
    train, test = read_training_data(options)
    assert (train.split, test and test.split) == used
