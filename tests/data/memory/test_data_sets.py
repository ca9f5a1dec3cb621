"""Data sets and loaders, of whatever framework: one image at a time, or a batch."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from robaudit.data.memory.data_sets import read_data_set
from robaudit.data.memory.in_memory import as_images
from robaudit.errors import DataError
from tests.support.labelled_images import COLOUR, GREY, LABELS

CHANNELS_FIRST = COLOUR.transpose(0, 3, 1, 2)
Give = Callable[[int], Any]


class ByPlace:
    """A data set as PyTorch has them: a length and items, and no other way to the end."""

    def __init__(self, give: Give, **more: Any) -> None:
        self.give = give
        vars(self).update(more)

    def __len__(self) -> int:
        return 6

    def __getitem__(self, place: int) -> Any:
        return self.give(place)


class OneAfterTheOther:
    """A data set that can only be gone through, in batches of four."""

    def __init__(self, give: Callable[[slice], Any], **more: Any) -> None:
        self.give = give
        vars(self).update(more)

    def __iter__(self) -> Iterator[Any]:
        return (self.give(slice(start, start + 4)) for start in (0, 4))


@pytest.mark.parametrize(
    "data",
    [
        ByPlace(lambda i: (COLOUR[i], LABELS[i])),
        ByPlace(lambda i: (CHANNELS_FIRST[i], int(LABELS[i]))),
        ByPlace(lambda i: (CHANNELS_FIRST[i], LABELS[i : i + 1])),
        ByPlace(lambda i: (CHANNELS_FIRST[i], np.eye(3)[LABELS[i]])),
        ByPlace(lambda i: [CHANNELS_FIRST[i], np.array(LABELS[i])]),
        ByPlace(lambda i: (Image.fromarray(COLOUR[i]), LABELS[i])),
        ByPlace(lambda i: {"image": Image.fromarray(COLOUR[i]), "label": LABELS[i]}),
        ByPlace(lambda i: {"pixel_values": CHANNELS_FIRST[i], "labels": LABELS[i]}),
        ByPlace(
            lambda i: {"image": COLOUR[i], "image_id": i, "label": LABELS[i], "label_text": "a"}
        ),
        OneAfterTheOther(
            lambda rows: list(zip(COLOUR[rows], LABELS[rows], strict=True)), batch_size=4
        ),
        OneAfterTheOther(lambda rows: [{"x": COLOUR[i], "y": LABELS[i]} for i in range(6)[rows]]),
        OneAfterTheOther(lambda rows: (COLOUR[rows], LABELS[rows])),
        OneAfterTheOther(lambda rows: [CHANNELS_FIRST[rows], LABELS[rows]]),
        OneAfterTheOther(lambda rows: (COLOUR[rows], np.eye(3)[LABELS[rows]])),
        OneAfterTheOther(lambda rows: (list(map(Image.fromarray, COLOUR[rows])), LABELS[rows])),
    ],
)
def test_images_and_labels(data: Any) -> None:
    images = as_images(data)
    np.testing.assert_array_equal(images.pixels, COLOUR)
    assert images.labels is not None
    assert images.labels.tolist() == LABELS.tolist()


@pytest.mark.parametrize(
    "data",
    [
        ByPlace(lambda i: (GREY[i], LABELS[i])),
        ByPlace(lambda i: (GREY[i][None], LABELS[i : i + 1])),
        OneAfterTheOther(lambda rows: (GREY[rows], LABELS[rows])),
        OneAfterTheOther(lambda rows: (GREY[rows, None], LABELS[rows])),
    ],
)
def test_grey_images(data: Any) -> None:
    images = as_images(data)
    np.testing.assert_array_equal(np.asarray(images.pixels)[..., 0], GREY)
    assert images.labels is not None
    assert images.labels.tolist() == LABELS.tolist()


def test_images_alone() -> None:
    for data in (
        ByPlace(lambda i: COLOUR[i]),
        ByPlace(lambda i: (COLOUR[i],)),
        OneAfterTheOther(lambda rows: COLOUR[rows]),
        OneAfterTheOther(lambda rows: [CHANNELS_FIRST[rows]]),
    ):
        images = as_images(data)
        np.testing.assert_array_equal(images.pixels, COLOUR)
        assert images.labels is None
    grey = OneAfterTheOther(lambda rows: GREY[rows], batch_size=4)
    np.testing.assert_array_equal(np.asarray(as_images(grey).pixels)[..., 0], GREY)


def test_names_that_data_of_folders_has_are_kept_through_wrappers() -> None:
    names = ["0", "1", "10"]
    folder = ByPlace(
        lambda i: (COLOUR[i], LABELS[i]), classes=names, find_classes=len, target_transform=None
    )
    wrapped = ByPlace(folder.give, dataset=SimpleNamespace(dataset=folder))
    for data in (folder, wrapped):
        images = as_images(data)
        assert images.class_names == ("0", "1", "10")
        assert images.by_alphabet
    vars(folder)["target_transform"] = abs
    assert as_images(folder).class_names is None


def test_names_that_say_what_labels_mean() -> None:
    label = SimpleNamespace(names=["dog", "cat", "eel"])
    features = {"image": object(), "label": label}
    data = ByPlace(lambda i: {"image": COLOUR[i], "label": LABELS[i]}, features=features)
    assert as_images(data).class_names == ("dog", "cat", "eel")
    label.names.pop()  # fewer than there are labels
    assert as_images(data).class_names is None
    numbers = ByPlace(lambda i: (GREY[i], LABELS[i]), classes=["0 - zero", "1 - one", "2 - two"])
    assert as_images(numbers).class_names is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (ByPlace(lambda i: (COLOUR[i], LABELS[i], i)), "items of 3 parts"),
        (
            ByPlace(lambda i: {"img": COLOUR[i], "fine_label": 1, "coarse_label": 0}),
            r"keys img, fine_label, coarse_label.*\[\(item\['img'\], item\['fine_label'\]\) for",
        ),
        (ByPlace(lambda _: {"label": 1}), "keys label"),
        (ByPlace(lambda i: (COLOUR[i], 1) if i else (COLOUR[i],)), "labels for some"),
        (OneAfterTheOther(lambda rows: (COLOUR[rows][:, : rows.stop], LABELS[rows])), "of shapes"),
        (ByPlace(lambda _: 1 / 0), "division by zero"),
        (iter(()), "no images at all"),
    ],
)
def test_what_gives_something_else(data: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        as_images(data)


def test_an_interrupt_is_no_error_of_data() -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_data_set(ByPlace(stop))
