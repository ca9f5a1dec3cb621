"""Pictures of several kinds in one stack, and what is said of them."""

import numpy as np
import pytest

from robaudit.data.pictures.picture import Picture, PictureReading
from robaudit.data.pictures.stack import notes_on_pictures, stack_pictures
from robaudit.errors import DataError
from tests.support.labelled_images import COLOUR, GREY


def pictures(*pixels: np.ndarray) -> list[Picture]:
    return [Picture(one, f"{number}.png") for number, one in enumerate(pixels)]


def test_grey_among_colour_is_repeated() -> None:
    stack = stack_pictures(pictures(GREY[0], COLOUR[1]))
    np.testing.assert_array_equal(stack[0], np.repeat(GREY[0][..., None], 3, axis=2))
    np.testing.assert_array_equal(stack[1], COLOUR[1])


def test_8_bits_among_16_keep_their_share_of_white() -> None:
    words = GREY[1].astype(np.uint16) * 257
    words[0, 0] = 30_000
    stack = stack_pictures(pictures(GREY[0], words))
    np.testing.assert_array_equal(stack[0], GREY[0].astype(np.uint16) * 257)
    np.testing.assert_array_equal(stack[1], words)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (GREY[1].astype(np.uint16) * 16, "near 65535"),
        (GREY[1].astype(np.uint16), "near 65535"),
        (GREY[1] / np.float32(255), "float32"),
        (GREY[1][:4], "4x4"),
    ],
)
def test_pictures_without_a_common_white_or_size_are_refused(other: np.ndarray, words: str) -> None:
    with pytest.raises(DataError, match=words):
        stack_pictures(pictures(GREY[0], other))


def test_what_was_done_is_counted_with_the_first_few_names() -> None:
    turned = [Picture(GREY[0], f"/data/a/{i}.png", turned=True) for i in range(5)]
    rest = [
        Picture(GREY[0], "/data/b.png", transparent=True, several=True, converted="CMYK"),
        Picture(GREY[0], "/data/c.png"),
    ]
    assert [
        note.replace("/data/", "") for note in notes_on_pictures([*turned, *rest], PictureReading())
    ] == [
        "Turned upright, as EXIF data says: 5 of 7 pictures "
        "(a/0.png, a/1.png, a/2.png and 2 more).",
        "Transparent parts laid on white: 1 of 7 pictures (b.png).",
        "First of several frames or pages taken: 1 of 7 pictures (b.png).",
        "Converted to RGB from CMYK: 1 of 7 pictures (b.png).",
    ]
    as_stored = PictureReading(background="none", ignore_exif=True)
    notes = " ".join(notes_on_pictures([*turned, *rest], as_stored))
    assert "Left as stored" in notes
    assert "colours stored beneath" in notes
    assert not notes_on_pictures(rest[1:], PictureReading())
