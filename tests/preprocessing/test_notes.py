"""What is odd about pixels is said, and no more of them is read than it takes to know."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from robaudit import images_from_arrays
from robaudit.data import stacks
from robaudit.preprocessing.notes import notes_on_pixels

DARK = np.full((6, 4, 4, 1), 40, dtype=np.uint8)


@pytest.fixture(autouse=True)
def _one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "_AT_A_TIME", 1)


def test_dark_pixels_are_said_with_the_brightest_of_all() -> None:
    pixels = DARK.copy()
    pixels[4, 2, 2] = 100
    assert "The brightest pixel is 100 where white was taken to be 255" in " ".join(
        notes_on_pixels(images_from_arrays(pixels))
    )
    pixels[4, 2, 2] = 128
    assert not notes_on_pixels(images_from_arrays(pixels))


def test_no_more_is_read_than_it_takes() -> None:
    class Bright:
        """Images of which the second is bright, and the third must not be asked for."""

        shape, dtype = DARK.shape, DARK.dtype

        def __len__(self) -> int:
            return len(DARK)

        def __getitem__(self, rows: Any, /) -> np.ndarray:
            assert rows.stop <= 2
            return DARK[rows] + np.uint8(rows.stop * 50)

        def __array__(self) -> np.ndarray:
            raise AssertionError("all of them")

    assert not notes_on_pixels(replace(images_from_arrays(DARK), pixels=Bright()))
