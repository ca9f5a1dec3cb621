"""The embedded demo can be made again."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import robaudit
from tests.support.paths import EXAMPLES


@pytest.mark.slow
def test_the_embedded_demo_can_be_made_again(tmp_path: Path) -> None:
    """The data is the same to the byte; weights differ between machines, so the model is alike."""
    shutil.copy(EXAMPLES / "train_digits.py", tmp_path)
    subprocess.run([sys.executable, tmp_path / "train_digits.py"], check=True, timeout=600)
    with np.load(EXAMPLES / "digits.npz") as old, np.load(tmp_path / "digits.npz") as new:
        assert old.files == new.files
        for name in old.files:
            np.testing.assert_array_equal(new[name], old[name])
    images = robaudit.read_images(tmp_path / "digits.npz")
    assert images.labels is not None
    x = images.unit_pixels(slice(None)).transpose(0, 3, 1, 2)
    old_classifier, new_classifier = (
        robaudit.load(folder / "digits.onnx") for folder in (EXAMPLES, tmp_path)
    )
    assert new_classifier.spec == old_classifier.spec
    right = new_classifier.predict(x).argmax(axis=1) == images.labels
    assert right.mean() > 0.97
