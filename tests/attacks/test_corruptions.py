"""Corruptions: pictures stay pictures, and are changed as the name says."""

import numpy as np
import pytest

from robaudit.attacks.catalogue import default_attack
from robaudit.attacks.corruptions import CORRUPTIONS, corrupted
from tests.support.flat_boundary import GREY

random = np.random.default_rng(0)


def chances(count: int) -> list[np.random.Generator]:
    return [np.random.default_rng(number) for number in range(count)]


@pytest.mark.parametrize("shape", [(9, 7, 1), (9, 7, 3)])
@pytest.mark.parametrize("name", CORRUPTIONS)
def test_corruptions_change_pictures_and_keep_them_pictures(
    name: str, shape: tuple[int, ...]
) -> None:
    pictures = random.uniform(0.2, 0.7, (5, *shape)).astype(np.float32)
    strength = default_attack(name, GREY).parameters
    found = corrupted(pictures, name, strength, chances(5))
    assert found.shape == pictures.shape
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 1
    assert np.abs(found - pictures).mean() > 0.01
    again = corrupted(pictures, name, strength, chances(5))
    np.testing.assert_array_equal(found, again)


def test_corruptions_do_what_they_are_called() -> None:
    step = np.zeros((1, 8, 8, 1), dtype=np.float32)
    step[:, :, 4:] = 0.6
    chance = chances(1)
    assert corrupted(step, "brightness", {"added": 0.2}, chance).min() == pytest.approx(
        0.2, abs=0.01
    )
    faint = corrupted(step, "contrast", {"factor": 0.5}, chance)
    assert faint.max() - faint.min() == pytest.approx(0.3, abs=0.01)
    np.testing.assert_allclose(
        corrupted(step, "rotation", {"degrees": 0}, chance), step, atol=0.003
    )
    blurred = corrupted(step, "blur", {"radius": 1.0}, chance)[0, 4, :, 0]
    assert (np.diff(blurred) >= 0).all()
    assert 0 < blurred[3] < blurred[4] < 0.6
    moved = corrupted(np.ones((30, 20, 20, 1)), "translation", {"share": 0.2}, chances(30))
    gone = (moved == 0).mean(axis=(1, 2, 3))
    assert 0.1 < gone.mean() < 0.3
    assert gone.max() <= 1 - 0.8**2 + 1e-6
