"""The mean error under corruptions: what it averages, and by which chance."""

from typing import Any

import numpy as np
import pytest

import robaudit
from robaudit.attacks.common_corruptions import error
from robaudit.attacks.common_corruptions.error import summarise
from robaudit.errors import DataError, UsageError
from robaudit.testing import affine_classifier
from robaudit.types import Classifier, FloatArray

AS_IT_IS = robaudit.PreprocessingRequest(mean=(0.0,), std=(1.0,))


@pytest.fixture
def darkened(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Take the library's place: subtract a hundredth of the severity, and write down chance."""
    drawn: list[float] = []

    def corrupt(picture: FloatArray, _name: str, severity: int, random: Any) -> FloatArray:
        drawn.append(float(random.random()))
        return np.asarray(np.clip(picture - severity / 100, 0, 1), dtype=np.float32)

    monkeypatch.setattr(error, "corrupt", corrupt)
    return drawn


def bright_and_dark() -> tuple[Classifier, Any, Any]:
    """Make a model of two classes, above and below a mean of 0.5, and images that it has right."""
    slope = np.stack([np.zeros(36), np.full(36, 1 / 36)], axis=1)
    model = affine_classifier(slope, np.array([0.0, -0.5]), (1, 6, 6))
    levels = np.array([0.505, 0.515, 0.525, 0.535, 0.9, 0.1, 0.2, 0.3, 0.4, 0.45])
    x = np.broadcast_to(levels[:, None, None, None], (10, 6, 6, 1)).astype(np.float32)
    return model, x, (levels > 0.5).astype(np.int64)


@pytest.mark.usefixtures("darkened")
def test_errors_are_those_of_pictures_that_cross() -> None:
    model, x, y = bright_and_dark()
    images = robaudit.images_from_arrays(x, y)
    found = robaudit.corruption_error(
        model, images, corruptions=["fog", "snow"], preprocessing=AS_IT_IS, batch_size=3
    )
    assert found.clean.value == 0
    values = [estimate.value for estimate in found.errors["fog"]]
    assert values == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.4])
    assert found.mean.value == pytest.approx(0.28)
    assert found.of_corruption["snow"].value == pytest.approx(0.28)
    assert found.mean.low is not None
    assert found.mean.high is not None
    assert 0 <= found.mean.low < 0.28 < found.mean.high < 1


def test_chance_follows_from_row_corruption_and_severity(darkened: list[float]) -> None:
    model, x, y = bright_and_dark()
    images = robaudit.images_from_arrays(x, y)

    def draws(**arguments: Any) -> list[float]:
        darkened.clear()
        robaudit.corruption_error(model, images, preprocessing=AS_IT_IS, **arguments)
        return list(darkened)

    whole = draws(corruptions=["fog", "snow"], severities=[1, 5])
    assert len(set(whole)) == 40
    assert draws(corruptions=["fog", "snow"], severities=[1, 5], batch_size=1) == whole
    assert draws(corruptions=["snow"], severities=[5]) == whole[30:]
    assert set(draws(corruptions=["snow"], severities=[5], samples=4)) < set(whole[30:])
    assert not set(draws(corruptions=["snow"], severities=[5], seed=1)) & set(whole)


def test_the_interval_is_over_images_not_over_pictures_made_of_them() -> None:
    """Were 75 pictures of an image 75 images, the interval would be a ninth as wide."""
    wrong = np.zeros((15, 5, 40), dtype=bool)
    wrong[:, :, :20] = True
    rows = np.arange(40)
    found = summarise(rows, wrong[0, 0], [str(i) for i in range(15)], [1, 2, 3, 4, 5], wrong)
    once = summarise(rows, wrong[0, 0], ["a"], [1], wrong[:1, :1])
    assert (found.mean.low, found.mean.high) == (once.mean.low, once.mean.high)
    assert found.mean.value == 0.5


def test_what_cannot_be_corrupted_is_refused() -> None:
    model, x, y = bright_and_dark()
    with pytest.raises(UsageError, match="corruption 'smog'"):
        robaudit.corruption_error(model, robaudit.images_from_arrays(x, y), corruptions=["smog"])
    with pytest.raises(UsageError, match="severities"):
        robaudit.corruption_error(model, robaudit.images_from_arrays(x, y), severities=[6])
    with pytest.raises(DataError, match="no labels"):
        robaudit.corruption_error(model, robaudit.images_from_arrays(x), corruptions=["fog"])
    flat = robaudit.images_from_arrays(x.reshape(10, 36), y)
    model = affine_classifier(np.eye(36, 2), np.zeros(2), (36,))
    with pytest.raises(DataError, match="no pictures"):
        robaudit.corruption_error(model, flat, corruptions=["fog"])
