"""Which parts of a data set are trained on, and which kept to compare on."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit.commands.harden import read_training_data
from robaudit.commands.options.parser import make_parser
from tests.support.commands import Harden, read_comparison
from tests.support.labelled_images import GREY, LABELS
from tests.support.paths import EXAMPLES


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


def test_images_to_choose_by_can_come_from_another_file(harden: Harden) -> None:
    """All training images are trained on then, and the record says where the others are from."""
    data = np.load(EXAMPLES / "digits.npz")
    half = len(data["x_test"]) // 2
    arrays = {"x_val": data["x_test"][half:], "y_val": data["y_test"][half:]}
    np.savez(
        "mine.npz", allow_pickle=False, **arrays, x_train=data["x_train"][:9], y_train=np.arange(9)
    )
    np.savez("other.npz", allow_pickle=False, x=data["x_test"][:half], y=data["y_test"][:half])
    arguments = ["--validation-data", "mine.npz", "--test-data", "other.npz"]
    assert harden("--epochs", "1", *arguments) == 0
    comparison = read_comparison()
    found = comparison["hardening"]["data"]
    assert found["train"] == len(data["x_train"])
    assert found["validation"] == len(data["x_test"]) - half
    assert found["validation_source"] == "mine.npz, val"
    with np.load("out/split.npz") as split:
        assert set(split) == {"train"}
    assert "which judge all that was trained" in Path("out/report.html").read_text()
    assert (
        harden("--epochs", "1", "--force", "--validation-data", str(EXAMPLES / "digits.npz")) == 2
    )


def test_held_out_images_may_have_been_seen_and_that_is_said(harden: Harden) -> None:
    assert harden("--epochs", "1") == 0
    assert read_comparison()["hardening"]["data"]["validation_source"] is None
    page = Path("out/report.html").read_text()
    assert "The original may have been trained on these images" in " ".join(page.split())
