"""Labels as text, in the forms that people write, and what is said of others."""

import json

import numpy as np
import pytest

from robaudit.data.label_text import parse_labels
from robaudit.errors import DataError

NUMBERS = [7, 2, 1, 0, 7]
NAMES = ["seven", "two", "one", "zero", "seven"]


def lines(*items: object) -> str:
    return "".join(f"{item}\n" for item in items)


@pytest.mark.parametrize(
    "text",
    [
        lines(*NUMBERS),
        lines(*(f"{n}.0" for n in NUMBERS)),
        lines(*(f"{n:.18e}" for n in NUMBERS)),
        lines("# digits", *NUMBERS),
        lines("label", *NUMBERS),
        lines("what the pictures show", *NUMBERS),
        lines("", *NUMBERS, "", ""),
        lines(*(f'"{n}"' for n in NUMBERS)),
        "7,2,1,0,7",
        "7 2 1\n0 7\n",
        "[7, 2, 1, 0, 7]",
        "[\n  7,\n  2,\n  1,\n  0,\n  7\n]\n",
        "7, 2, 1,\n0, 7",
        "\r\n".join(map(str, NUMBERS)),
        lines("index,label", *(f"{i},{n}" for i, n in enumerate(NUMBERS))),
        lines(",label", *(f"{i},{n}" for i, n in enumerate(NUMBERS))),
        lines("target;split", *(f"{n};test" for n in NUMBERS)),
        lines(*(f"{i},{n}" for i, n in enumerate(NUMBERS, 1))),
        lines(*(f"{i}\t{n}" for i, n in enumerate(NUMBERS))),
    ],
)
def test_numbers(text: str) -> None:
    found = parse_labels(text)
    assert found.in_order().tolist() == NUMBERS


@pytest.mark.parametrize(
    ("numbers", "names"),
    [
        ((2, 0, 1, 2), ("owl", "dog", "cat")),
        ((3, 1, 2, 3), ("owl", "dog", "cat")),
        ((4, 0, 1, 4), ("owl", "dog", "2", "3", "cat")),
    ],
)
def test_numbers_beside_names_say_the_order_of_these(
    numbers: tuple[int, ...], names: tuple[str, ...]
) -> None:
    words = ("cat", "owl", "dog", "cat")
    rows = (f"{name},{number}" for name, number in zip(words, numbers, strict=True))
    found = parse_labels(lines("class_name,class_id", *rows))
    assert found.values.tolist() == list(words)
    assert found.class_names == names


def test_numbers_that_are_no_names_of_the_classes_beside_them_are_refused() -> None:
    """Coordinates, perhaps: several columns may be the labels then."""
    rows = ("a.png,3,cat", "b.png,4,cat", "c.png,3,dog")
    with pytest.raises(DataError, match="line 1 holds 3 columns"):
        parse_labels(lines("filename,y,class", *rows))


@pytest.mark.parametrize("head", ["index", "idx", "Unnamed: 0", ""])
def test_an_index_in_another_order_is_followed(head: str) -> None:
    found = parse_labels(lines(f"{head},label,split", "2,7,a", "0,5,a", "1,6,a"))
    assert found.in_order().tolist() == [5, 6, 7]
    found = parse_labels(lines(f"{head},label,split", "42,7,a", "7,5,a", "13,6,a"))
    assert found.in_order().tolist() == [7, 5, 6]
    assert found.names == ("42", "7", "13")
    assert found.indexed


def test_what_counts_in_another_order_and_is_called_otherwise_is_refused() -> None:
    with pytest.raises(DataError, match="'rank' that counts the images in another order"):
        parse_labels(lines("rank,label", "2,7", "0,5", "1,6"))
    assert parse_labels(lines("rank,label", "0,7", "1,5", "2,6")).in_order().tolist() == [7, 5, 6]


@pytest.mark.parametrize(
    "text",
    [
        lines(*NAMES),
        lines("class", *NAMES),
        ", ".join(NAMES),
        json.dumps(NAMES),
        lines(*(f'"{name}"' for name in NAMES)),
        lines("id,category", *(f"{i},{n}" for i, n in enumerate(NAMES))),
        lines(*(f"{i},{n}" for i, n in enumerate(NAMES))),
    ],
)
def test_names(text: str) -> None:
    assert parse_labels(text).in_order().tolist() == NAMES


def test_names_may_have_spaces_and_letters_among_digits() -> None:
    assert parse_labels("T-shirt top\nAnkle boot\n").values.tolist() == [
        "T-shirt top",
        "Ankle boot",
    ]
    assert parse_labels("A\n7\nB\n").values.tolist() == ["A", "7", "B"]


def test_one_class_alone() -> None:
    assert parse_labels("3\n3\n3\n").values.tolist() == [3, 3, 3]
    assert parse_labels("cat\ncat\n").values.tolist() == ["cat", "cat"]
    assert parse_labels("cat").values.tolist() == ["cat"]


def test_rows_of_zeros_with_a_one() -> None:
    found = parse_labels("0,0,1\n1,0,0\n0,1,0\n0,0,1\n").values
    np.testing.assert_array_equal(found, np.eye(3)[[2, 0, 1, 2]])


def test_numbers_in_front_give_the_order() -> None:
    found = parse_labels(lines("id,label", "2,5", "0,3", "1,4"))
    assert found.counted
    assert found.in_order().tolist() == [3, 4, 5]


def test_names_of_pictures_are_kept() -> None:
    found = parse_labels(lines("file,label", "a/1.png,cat", "b/2.png,dog"))
    assert found.names == ("a/1.png", "b/2.png")
    assert found.values.tolist() == ["cat", "dog"]
    assert parse_labels("1.jpg cat\n2.jpg wild dog\n").values.tolist() == ["cat", "wild dog"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1\n2\n2.5\n", "line 3 holds '2.5'"),
        ("1\n\n2\ncat\n3\n", "line 4 holds 'cat'"),
        (lines(*[1] * 30, "cat", "dog"), "line 31 holds 'cat'"),
        ("1\nnan\n3\n", "line 2 holds 'nan'"),
        ("a\nN/A\nb\n", "line 2 holds 'N/A'"),
        ("file,label\n1.png,cat\n2.png,\n", "line 3 holds ''"),
        ("1.png\n2.png\n", r"line 1 holds '1\.png'"),
        ("a,b\nc,d,e\n", "line 2 holds 3 columns"),
        ("u,v,w\n0,3,1\n1,3,2\n", "line 1 holds 3 columns"),
        ("u,v\nx,y\n", "line 1 holds 2 columns"),
        ("", "nothing but empty lines"),
    ],
)
def test_what_is_no_label_is_named_with_its_line(text: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        parse_labels(text)
