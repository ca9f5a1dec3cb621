"""What tests of the PyTorch adapter share."""

import numpy as np
import pytest


@pytest.fixture
def x() -> np.ndarray:
    """Inputs of a network for the embedded digits."""
    return np.random.default_rng(0).random((12, 1, 8, 8)).astype(np.float32)
