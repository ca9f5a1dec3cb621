"""Writing ONNX models: as they were read, in one file, and not where that cannot be."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

import robaudit
from robaudit.errors import OutputError, UsageError
from tests.support.onnx_networks import as_inputs, branching, convolutional, quantized
from tests.support.onnx_training import run, samples, saved, trained_on_samples
from tests.support.small_onnx import Save


def test_external_data_comes_into_the_file(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    path = tmp_path / "old" / "model.onnx"
    onnx.save(convolutional(), path, save_as_external_data=True, size_threshold=0)
    assert len([*path.parent.iterdir()]) == 2
    before = robaudit.load(path)
    for one in (before, trained_on_samples(before)):
        x, _ = samples(one)
        alone = saved(one, tmp_path / "new.onnx")
        np.testing.assert_allclose(run(alone, x), one.predict(x), rtol=1e-4, atol=1e-6)
    assert before.details["external_data"]
    assert not trained_on_samples(before).details["external_data"]


@pytest.mark.parametrize(
    "make", [convolutional, lambda: as_inputs(convolutional(1)), quantized, branching]
)
def test_an_untrained_model_is_saved_as_it_was_read(
    save: Save, tmp_path: Path, make: Callable[[], onnx.ModelProto]
) -> None:
    path = save(make())
    classifier = robaudit.load(path)
    trained_on_samples(classifier) if classifier.train else None
    assert onnx.load(saved(classifier, tmp_path / "copy.onnx")) == onnx.load(path)


def test_files_that_cannot_be_written(save: Save, tmp_path: Path) -> None:
    classifier = robaudit.load(save(convolutional()))
    with pytest.raises(UsageError, match=r"ends in \.onnx"):
        saved(classifier, tmp_path / "model.pt")
    with pytest.raises(OutputError, match="No such file"):
        saved(classifier, tmp_path / "missing" / "model.onnx")
