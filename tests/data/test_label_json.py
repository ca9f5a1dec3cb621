"""Labels as JSON, in the forms that programs write."""

import json

import pytest

from robaudit.data.label_json import parse_json_labels
from robaudit.errors import DataError

PICTURES = ("a.png", "b.png", "c.png")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"labels": [1, 0, 2]}', None),
        ('{"file_name": ["a.png", "b.png", "c.png"], "label": [1, 0, 2]}', PICTURES),
        ('{"a.png": 1, "b.png": 0,\n "c.png": 2}', PICTURES),
        ('[{"label": 1}, {"label": 0}, {"label": 2}]', None),
        ('{"0": 1, "1": 0, "2": 2}', ("0", "1", "2")),
        ('{"labels": [1, 0, 2], "classes": ["cat", "owl"]}', None),
        ('{"label": {"0": 1, "1": 0, "2": 2}}', ("0", "1", "2")),
        ('{"a.png": {"label": 1}, "b.png": {"label": 0}, "c.png": {"label": 2}}', PICTURES),
        (
            '{"label": {"7": 1, "1": 0, "2": 2}, "split": {"7": "a", "1": "a", "2": "a"}}',
            ("7", "1", "2"),
        ),
    ],
)
def test_labels(text: str, names: tuple[str, ...] | None) -> None:
    labels = parse_json_labels(text)
    assert labels is not None
    assert labels.values.tolist() == [1, 0, 2]
    assert labels.names == names


def test_numbers_beside_names_say_the_order_of_these() -> None:
    labels = parse_json_labels(
        '{"file_name": "a.png", "label": 1, "class_name": "cat"}\n'
        '{"file_name": "b.png", "label": 0, "class_name": "owl"}\n\n'
        '{"class_name": "dog", "file_name": "c.png", "label": 2}\n'
    )
    assert labels is not None
    assert labels.values.tolist() == ["cat", "owl", "dog"]
    assert labels.class_names == ("owl", "cat", "dog")
    assert labels.names == PICTURES


def test_an_index_in_another_order_is_followed() -> None:
    labels = parse_json_labels(
        '[{"index": 2, "label": 5}, {"index": 0, "label": 3}, {"index": 1, "label": 4}]'
    )
    assert labels is not None
    assert labels.in_order().tolist() == [3, 4, 5]


def test_what_is_no_label_is_shown_in_short() -> None:
    with pytest.raises(DataError) as caught:
        parse_json_labels(json.dumps({"a.png": list(range(1000)), "b.png": {"x": 1}}))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("text", ["1\n0\n2", "[1, 0, 2]", '["cat", "owl"]', "{cat}", "[]", "["])
def test_what_holds_no_objects_is_left_to_others(text: str) -> None:
    assert parse_json_labels(text) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"images": [1, 2], "scores": [0.5, 0.5]}', "objects of images, scores"),
        ('[{"label": 1}, {"target": 0}]', "other names than the first"),
        ('{"a.png": 1, "b.png": "cat"}', "numbers and names for labels"),
        ('{"a.png": 1, "b.png": null}', "None for labels"),
        ('{"label": [1, 2], "name": ["a.png"]}', "1 names for 2 labels"),
        ("{}", "without labels"),
    ],
)
def test_what_is_not_clear_is_refused(text: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        parse_json_labels(text)
