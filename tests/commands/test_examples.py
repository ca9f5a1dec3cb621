"""``robaudit examples``: what it writes, and what it needs."""

from pathlib import Path

import numpy as np
import pytest

import robaudit
from robaudit.cli import main
from tests.support.paths import DIGITS, EXAMPLES

pytestmark = pytest.mark.usefixtures("_elsewhere")


def test_examples_along_gradients_need_gradients(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("mine.py").write_text(
        "def predict(x):\n    return x.reshape(len(x), 64)[:, :10]\n",
    )
    monkeypatch.syspath_prepend(".")
    arguments = ["--effort", "quick", "--gradient-directions", "1", "-o", "made.npz"]
    data = str(EXAMPLES / "digits.npz")
    assert main(["examples", "mine:predict", "--data", data, *arguments]) == 2
    error = capsys.readouterr().err
    assert "has none" in error
    assert "Leave out --gradient-directions" in error
    assert not Path("made.npz").exists()


def test_examples_are_images_that_can_be_read_again(capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--effort", "quick", "--search-samples", "60", "--search-directions", "8"]
    assert main(["examples", DIGITS, *small, "-o", "made/far.npz", "--strength", "2"]) == 0
    assert "made/far.npz" in capsys.readouterr().out
    images = robaudit.read_images("made/far.npz")
    assert images.pixel_range == (0.0, 1.0)
    assert images.labels is not None
    x = images.unit_pixels(slice(None))[..., 0][:, None]
    predicted = robaudit.load(DIGITS).predict(x).argmax(axis=1)
    assert (predicted != images.labels).mean() > 0.9
    assert main(["examples", DIGITS, *small, "-o", "made/far.npz"]) == 2


def test_whose_numbers_labels_are_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with np.load(EXAMPLES / "digits.npz") as digits:
        np.savez("from_one.npz", x_train=digits["x_train"], y_train=digits["y_train"] + 1)
    small = ["--effort", "quick", "--search-samples", "60", "--search-directions", "8"]
    assert main(["examples", DIGITS, "--data", "from_one.npz", *small, "-o", "far.npz"]) == 0
    assert "class 1 was taken for the first" in capsys.readouterr().out
    with np.load("far.npz") as made, np.load("from_one.npz") as given:
        called = made["class_names"][made["y"]].astype(int)
        assert (called == given["y_train"][made["row"]]).all()


def test_mixed_images_are_of_the_kinds_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """Clean images and feedback are what they are without mixing; attacks stay in their budget."""
    small = ["--effort", "quick", "--search-samples", "60", "--search-directions", "8"]
    shares = ["--clean-share", "0.25", "--attacked-share", "0.25", "--feedback-share", "0.25"]
    how = ["--method", "combined", *shares, "--noise-share", "0.25"]
    adversary = ["--adversary", "fgsm:epsilon=0.1"]
    assert main(["examples", DIGITS, *small, "-o", "far.npz", "--method", "reduced"]) == 0
    assert main(["examples", DIGITS, *small, *how, *adversary, "-o", "mixed.npz"]) == 0
    said = capsys.readouterr().out
    images, original = np.load("mixed.npz"), np.load(EXAMPLES / "digits.npz")
    kind, x, row = images["kind"], images["x"][..., 0], images["row"]
    assert set(kind) == {"clean", "attacked", "feedback", "noise"}
    assert all(f"{(kind == each).sum():,} {each}" in said for each in set(kind))
    assert (images["y"] == original["y_train"][row]).all()
    before = original["x_train"][row] / original["x_train"].max()
    far = np.abs(x - before).reshape(len(x), -1).max(axis=1)
    assert far[kind == "clean"] == pytest.approx(0, abs=1e-6)
    assert far[kind == "attacked"].max() == pytest.approx(0.1, abs=1e-6)
    examples = {each.tobytes() for each in np.load("far.npz")["x"]}
    assert {each.tobytes() for each in images["x"][kind == "feedback"]} <= examples


def test_an_adversary_is_of_no_use_to_examples_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["examples", DIGITS, "--adversary", "fgsm:epsilon=0.1"]) == 2
    assert "--adversary with --method feedback" in capsys.readouterr().err
