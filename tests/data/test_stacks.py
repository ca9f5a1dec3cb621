"""What is told of all pixels piece by piece is what is told of them together."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robaudit.data import stacks
from robaudit.data.stacks import StoredStack, extremes, in_channels, look_through, pieces
from tests.support.labelled_images import COLOUR, GREY

FLOATS = np.random.default_rng(1).normal(0, 1, (7, 3, 2, 3))


@pytest.fixture(params=[1, 100, 2**24], autouse=True)
def _at_a_time(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "_AT_A_TIME", request.param)


@pytest.mark.parametrize(
    "pixels",
    [
        *(GREY, COLOUR, GREY > 100, COLOUR.astype(np.uint16) * 257, FLOATS),
        *(FLOATS.astype(np.float16), COLOUR.transpose(0, 3, 1, 2), COLOUR[::-2, ..., :1]),
    ],
)
def test_pieces_tell_of_the_whole(pixels: np.ndarray) -> None:
    parts = list(pieces(pixels))
    np.testing.assert_array_equal(np.concatenate(parts), pixels)
    low, high = extremes(pixels)
    assert (low, high) == (pixels.min(), pixels.max())
    assert low.dtype == high.dtype == pixels.dtype
    assert look_through(pixels) == ((low, high), hashlib.sha256(pixels.tobytes()).hexdigest())


@pytest.mark.parametrize("size", [0, 1, GREY.nbytes, 10_000])
def test_a_file_is_hashed_beside_whatever_its_length(size: int, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(size))
    found, sha256 = look_through(GREY, tmp_path / "file")
    assert found == (GREY.min(), GREY.max())
    assert sha256 == hashlib.sha256(bytes(size)).hexdigest()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_shows_among_the_extremes(bad: float) -> None:
    pixels = FLOATS.copy()
    pixels[4, 0, 0, 0] = bad
    assert not np.isfinite(extremes(pixels)).all()


def test_channels_are_repeated_and_left_out() -> None:
    three: Any = in_channels(GREY[..., None], 3)
    np.testing.assert_array_equal(three, np.repeat(GREY[..., None], 3, axis=3))
    np.testing.assert_array_equal(in_channels(COLOUR, 1)[:], COLOUR[..., :1])


def test_a_stored_stack_becomes_an_array_of_any_type() -> None:
    class Constant(StoredStack):
        extremes = (7, 7)
        shape = (3, 2, 2, 1)
        dtype = np.dtype(np.uint8)

        def __getitem__(self, rows: Any, /) -> np.ndarray:
            return np.full((len(np.arange(3)[rows]), 2, 2, 1), 7, dtype=np.uint8)

        def in_channels(self, channels: int) -> "Constant":
            raise AssertionError(channels)

    stack = Constant()
    assert len(stack) == 3
    assert np.asarray(stack).dtype == np.uint8
    assert np.asarray(stack, dtype=np.float32).tolist() == np.full((3, 2, 2, 1), 7.0).tolist()
    assert extremes(stack) == (7, 7)
