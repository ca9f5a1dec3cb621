"""Files of Keras, written and read by Keras itself."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from robaudit import Classifier, OpenOptions
from robaudit_keras.quiet import quietly

TRUSTED = OpenOptions(trust=True)


def save(model: Any, path: Path) -> Path:
    """Save a model as Keras does, saying nothing."""
    with quietly():
        model.save(path)
    return path


def scores(model: Any, x: np.ndarray) -> np.ndarray:
    """Compute scores by the model itself."""
    return model(x, training=False).numpy()


def reopened(classifier: Classifier, path: Path) -> Any:
    """Save a classifier and read the file as Keras does."""
    assert classifier.save is not None
    classifier.save(path)
    return keras.saving.load_model(path)
