"""The fifteen corruptions: of small and of grey pictures, unrounded, by their own chance."""

from typing import Any

import numpy as np
import pytest

from robaudit.attacks.common_corruptions.library import CORRUPTIONS, LIBRARY, SEVERITIES, corrupt
from robaudit.errors import MissingDependencyError

needs_library = pytest.mark.skipif(
    LIBRARY.found() is None, reason="imagecorruptions-imaug is not installed"
)


def global_numbers() -> Any:
    state: Any = np.random.get_state()  # noqa: NPY002
    return state[1].copy()


def test_without_the_library_it_says_how_to_get_it() -> None:
    if LIBRARY.found() is not None:
        pytest.skip("imagecorruptions-imaug is installed")
    with pytest.raises(MissingDependencyError, match=r"robaudit\[corruptions\]"):
        corrupt(np.zeros((28, 28, 1)), "fog", 1, np.random.default_rng(0))


@needs_library
@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 32, 3), (8, 8, 1)])
@pytest.mark.parametrize("name", CORRUPTIONS)
def test_pictures_of_any_size_stay_pictures_and_worsen(name: str, shape: tuple[int, ...]) -> None:
    picture = np.random.default_rng(1).uniform(0.2, 0.7, shape).astype(np.float32)
    before = global_numbers()
    mildest, *_, worst = (
        corrupt(picture, name, severity, np.random.default_rng(0)) for severity in SEVERITIES
    )
    assert mildest.shape == worst.shape == shape
    assert worst.dtype == np.float32
    assert worst.min() >= 0
    assert worst.max() <= 1
    assert np.abs(worst - picture).mean() > 0.005
    again = corrupt(picture, name, 5, np.random.default_rng(0))
    np.testing.assert_array_equal(worst, again)
    np.testing.assert_array_equal(before, global_numbers())


@needs_library
def test_grey_pictures_have_the_whole_noise_and_no_rounding() -> None:
    noisy = corrupt(np.full((64, 64, 1), 0.5), "gaussian_noise", 1, np.random.default_rng(0))
    assert noisy.std() == pytest.approx(0.08, rel=0.05)  # that of the source, at severity 1
    assert np.abs(noisy * 255 - np.rint(noisy * 255)).mean() > 0.2
    faint = corrupt(np.full((28, 28, 1), 0.1), "brightness", 2, np.random.default_rng(0))
    np.testing.assert_allclose(faint, 0.3, atol=1e-3)  # 0.2 added, at severity 2
