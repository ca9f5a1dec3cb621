"""The data that memory is measured with are what they should be, however they are stored."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import data_memory
from benchmarks.data_memory import KINDS, Kind, predict_marks, scan_stages
from robaudit import read_images

COUNT = 30


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_each_kind_is_scanned(kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_memory, "SHAPE", (16, 16, 3))
    monkeypatch.setattr(data_memory, "_SAMPLES", 3)
    monkeypatch.setattr(data_memory, "_DIRECTIONS", 2)
    path = kind.write(tmp_path, COUNT)
    images = read_images(path)
    assert images.pixels.shape == (COUNT, 16, 16, 3)
    if images.labels is not None and kind.name != "pictures":  # JPEG loses some of the marks
        predicted = predict_marks(images.unit_pixels(slice(None))).argmax(axis=1)
        np.testing.assert_array_equal(predicted, images.labels)
    stages = [stage for stage, _, _ in scan_stages(path)]
    assert stages == ["importing", "reading", "preparing", "predicting all, searching few"]
