"""Images in tables of pandas', in rows of Python objects, and in parts of a data set."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from robaudit import images_from_arrays
from robaudit.data.memory.in_memory import as_images
from robaudit.errors import DataError
from tests.support.labelled_images import COLOUR, LABELS

pd: Any = pytest.importorskip("pandas")
PICTURES = [Image.fromarray(one) for one in COLOUR]


def column(items: Iterable[Any]) -> np.ndarray:
    """Make a row of Python objects, as tables hold what is no number."""
    items = list(items)
    objects = np.empty(len(items), dtype=object)
    objects[:] = items
    return objects


FLAT = pd.DataFrame(COLOUR.reshape(6, -1)).add_prefix("p")


@pytest.mark.parametrize(
    "data",
    [
        (column(COLOUR), column(LABELS)),
        (pd.Series(list(COLOUR), index=range(7, 13)), pd.Series(LABELS)),
        (column(PICTURES), pd.Series(LABELS, dtype="category")),
        pd.DataFrame({"image": list(COLOUR), "image_id": 7, "label": LABELS}),
        {"train": (COLOUR[:3], LABELS[:3]), "Test": (COLOUR, LABELS)},
        {"train": zip(COLOUR, [9], strict=False), "test": zip(COLOUR, LABELS, strict=True)},
    ],
)
def test_what_tables_and_parts_hold(data: Any) -> None:
    images = as_images(data)
    np.testing.assert_array_equal(images.pixels, COLOUR)
    assert images.labels is not None
    assert images.labels.tolist() == LABELS.tolist()


def test_a_table_with_a_column_for_each_pixel() -> None:
    for table in (FLAT.assign(label=LABELS), FLAT.assign(**{"class": LABELS.astype(str)})):
        images = as_images(table)
        np.testing.assert_array_equal(images.pixels, COLOUR.reshape(6, -1))
        assert images.labels is not None
        assert images.labels.tolist() == LABELS.tolist()
    assert as_images(FLAT).labels is None
    validation = as_images({"train": (COLOUR, LABELS), "validation": (COLOUR[:3], LABELS[:3])})
    assert len(validation) == 3
    assert validation.notes == ("The data has no part for testing: its part val was taken.",)
    with pytest.raises(DataError, match=r"the parts train.*data\['train'\]"):
        as_images({"train": (COLOUR, LABELS)})
    with pytest.raises(DataError, match="x and y: labels, and then images"):
        images_from_arrays(LABELS, COLOUR)


def test_what_is_called_train_is_the_part_for_training(tmp_path: Path) -> None:
    parts: Any = {
        "x_train": COLOUR[:4],
        "y_train": LABELS[:4],
        "x_test": COLOUR[4:],
        "y_test": LABELS[4:],
    }
    np.savez(tmp_path / "d.npz", **parts)
    halves = {"train": (COLOUR[:4], LABELS[:4]), "test": (COLOUR[4:], LABELS[4:])}
    for data in (tmp_path / "d.npz", parts, halves):
        lengths = [len(as_images(data, argument)) for argument in ("train", "test", "images")]
        assert lengths == [4, 2, 2]
    assert len(as_images(f"{tmp_path}/d.npz:x_test,y_test", "train")) == 2
    np.savez(tmp_path / "d.npz", x=COLOUR, y=LABELS)
    assert len(as_images(tmp_path / "d.npz", "train")) == 6
