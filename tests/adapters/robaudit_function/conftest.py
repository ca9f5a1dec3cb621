"""What tests of functions and estimators share."""

import numpy as np
import pytest

from robaudit import Images


@pytest.fixture
def table(digits: Images) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of digits as rows (n, 64), in 0..1, and their labels (n,)."""
    assert digits.labels is not None
    return digits.unit_pixels(slice(None)).reshape(len(digits), -1), digits.labels
