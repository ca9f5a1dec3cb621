"""Labels as arrays have them become numbers, with names where there are any."""

import numpy as np
import pytest

from robaudit.data.labels import number_labels
from robaudit.errors import DataError

WANTED = [0, 2, 1, 0]
NUMBERS = np.array(WANTED)


@pytest.mark.parametrize(
    "labels",
    [
        NUMBERS,
        NUMBERS[:, None],
        NUMBERS[None],
        NUMBERS.astype(np.float32),
        NUMBERS.astype(str),
        np.array(["0.0", " 2.0", "1.0", "0"]),
        np.eye(3)[NUMBERS],
        np.eye(3, dtype=bool)[NUMBERS],
        NUMBERS.astype(object),
        NUMBERS.astype("S1"),
    ],
)
def test_numbers_in_any_form(labels: np.ndarray) -> None:
    found = number_labels(labels, 4)
    assert found.numbers is not None
    assert found.numbers.dtype == np.int64
    assert found.numbers.tolist() == WANTED
    assert found.class_names is None


@pytest.mark.parametrize("dtype", ["U5", "S5", object])
def test_names_are_numbered_by_alphabet(dtype: type) -> None:
    found = number_labels(np.array(["cat", "eel", "dog", "cat"]).astype(dtype), 4)
    assert found.numbers is not None
    assert found.numbers.tolist() == WANTED
    assert found.class_names == ("cat", "dog", "eel")
    assert found.by_alphabet


def test_names_beside_the_labels_give_the_order() -> None:
    names = ("eel", "dog", "cat")
    found = number_labels(np.array(["cat", "eel", "dog "]), 3, names)
    assert found.numbers is not None
    assert found.numbers.tolist() == [2, 0, 1]
    assert found.class_names == names
    assert not found.by_alphabet
    found = number_labels(np.array(["7", "3"]), 2, ("3", "7"))
    assert found.numbers is not None
    assert found.numbers.tolist() == [1, 0]


def test_two_classes_may_be_minus_one_and_one() -> None:
    found = number_labels(np.array([1, -1, 1]), 3)
    assert found.numbers is not None
    assert found.numbers.tolist() == [1, 0, 1]
    assert found.class_names == ("-1", "1")


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.array([0, 1.5, 2, 3]), "label 1.5 at row 1"),
        (np.array([0, 1, np.nan, 3]), "label nan at row 2"),
        (np.array([0, 1, -1, 3]), "label -1 at row 2"),
        (np.array([0, 1, 2, 1e12]), "at row 3"),
        (np.array(["a", "b", "", "c"]), "label '' at row 2"),
        (np.array(["a", 1, "b", "c"], dtype=object), "int, str"),
        (np.array([None] * 4), "NoneType"),
        (np.full((4, 3), 1 / 3), r"\(4, 3\)"),
        (np.ones((4, 3)), r"\(4, 3\)"),
        (np.zeros(3), r"\(3,\) for 4 images"),
        (np.zeros(4, dtype=complex), "complex"),
    ],
)
def test_what_is_no_label_is_named(labels: np.ndarray, words: str) -> None:
    with pytest.raises(DataError, match=words):
        number_labels(labels, 4)


@pytest.mark.parametrize(
    ("labels", "names", "words"),
    [
        (np.array([0, 2]), ("a", "b"), "label 2 at row 1; expected numbers from 0 to 1"),
        (np.array(["a", "x"]), ("a", "b"), "label 'x' at row 1"),
        (np.array([0, 1]), ("a", "a"), "'a' twice"),
    ],
)
def test_labels_that_the_names_do_not_cover(
    labels: np.ndarray, names: tuple[str, ...], words: str
) -> None:
    with pytest.raises(DataError, match=words):
        number_labels(labels, 2, names)
