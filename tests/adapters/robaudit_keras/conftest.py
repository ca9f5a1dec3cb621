"""What tests of the Keras adapter share; Keras is told to be quiet before they import it."""

import numpy as np
import pytest

from robaudit_keras.quiet import import_keras

import_keras()


@pytest.fixture
def x() -> np.ndarray:
    """Inputs of a network for the embedded digits."""
    return np.random.default_rng(0).random((12, 8, 8, 1)).astype(np.float32)
