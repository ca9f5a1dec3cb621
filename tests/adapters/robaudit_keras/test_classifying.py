"""How classifiers of Keras are saved: by the suffix, with the settings of their training."""

from pathlib import Path

import keras
import numpy as np
import pytest

from robaudit import load
from robaudit.errors import OutputError, UsageError
from tests.support.keras_files import reopened
from tests.support.keras_networks import small, trained_on


def test_classifiers_are_saved_by_the_suffix(x: np.ndarray, tmp_path: Path) -> None:
    classifier = load(small())
    assert classifier.save is not None
    for name in ("again.keras", "again.h5"):
        classifier.save(tmp_path / name)
        np.testing.assert_allclose(
            load(tmp_path / name).predict(x), classifier.predict(x), atol=1e-5
        )
    with pytest.raises(UsageError, match=r"ends in \.keras"):
        classifier.save(tmp_path / "model.onnx")
    with pytest.raises(OutputError, match="cannot be written"):
        classifier.save(tmp_path / "nowhere" / "model.keras")


def test_what_has_not_been_trained_is_saved_with_its_settings_too(
    x: np.ndarray, tmp_path: Path
) -> None:
    """Keras warns where it finds an optimizer without its state."""
    saved = reopened(load(trained_on(x)), tmp_path / "model.keras")
    assert type(saved.optimizer) is keras.optimizers.Adam
