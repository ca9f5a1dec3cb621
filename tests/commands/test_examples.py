"""``robaudit examples``: what it writes, and what it needs."""

from pathlib import Path

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
