"""Which arrays of several are images, and which labels: by their names, or their shapes."""

from pathlib import Path

import pytest

from robaudit.data.array_names import Chosen, choose_arrays, named_arrays, parts_of, split_name
from robaudit.errors import DataError, UsageError

X, Y = (9, 5, 4), (9,)


@pytest.mark.parametrize(
    ("shapes", "split", "chosen"),
    [
        ({"x_test": X, "y_test": Y}, None, ("x_test", "y_test", "test")),
        (
            {"X_test": X, "y_test": Y, "X_train": X, "y_train": Y},
            None,
            ("X_test", "y_test", "test"),
        ),
        ({"X_test": X, "Y_train": Y, "X_train": X}, "train", ("X_train", "Y_train", "train")),
        ({"test_images": X, "test_labels": (9, 1)}, None, ("test_images", "test_labels", "test")),
        ({"testX": X, "testY": Y}, "test", ("testX", "testY", "test")),
        ({"Xte": X, "yte": Y, "Xtr": X, "ytr": Y}, None, ("Xte", "yte", "test")),
        ({"test_data": X, "test_target": Y}, None, ("test_data", "test_target", "test")),
        ({"images_fog": X, "labels_fog": Y}, "fog", ("images_fog", "labels_fog", "fog")),
        ({"val_images": X, "val_labels": Y}, "validation", ("val_images", "val_labels", "val")),
        ({"images": X, "labels": Y}, None, ("images", "labels", None)),
        ({"data": X, "target": Y}, None, ("data", "target", None)),
        ({"x": X, "y": Y, "x_val": X, "y_val": Y}, None, ("x", "y", None)),
        ({"x_test": X, "y_test": Y, "test_images": X}, None, ("x_test", "y_test", "test")),
        ({"x": X, "y": Y, "x_noisy": X, "image_paths": Y}, None, ("x", "y", None)),
    ],
)
def test_names(
    shapes: dict[str, tuple[int, ...]], split: str | None, chosen: tuple[str | None, ...]
) -> None:
    found = choose_arrays(shapes, split)
    assert (found.images, found.labels, found.part) == chosen
    assert not found.notes


def test_the_validation_part_stands_in_for_one_to_test_on() -> None:
    found = choose_arrays({"x_train": X, "y_train": Y, "x_valid": X, "y_valid": Y}, None)
    assert found.images == "x_valid"
    assert "part val was taken" in found.notes[0]


@pytest.mark.parametrize(
    ("shapes", "chosen"),
    [
        ({"arr_0": X, "arr_1": Y}, ("arr_0", "arr_1")),
        ({"gt": Y, "stack": X}, ("stack", "gt")),
        ({"a": X, "b": (9, 10)}, ("a", "b")),
        ({"a": (9, 20), "b": (9, 1)}, ("a", "b")),
    ],
)
def test_shapes_tell_where_names_do_not(
    shapes: dict[str, tuple[int, ...]], chosen: tuple[str, str]
) -> None:
    found = choose_arrays(shapes, None)
    assert (found.images, found.labels) == chosen
    assert found.notes[0].startswith("By their shapes")
    assert choose_arrays({"stack": X}, None) == Chosen("stack")


def test_labels_that_are_called_otherwise_are_pointed_at() -> None:
    found = choose_arrays({"x_test": X, "gt": Y}, None)
    assert found.labels is None
    assert "there also is gt (9,)" in found.notes[0]


@pytest.mark.parametrize(
    ("shapes", "split"),
    [
        ({"images": X, "data": (9, 20), "target": Y}, None),
        ({"x": X, "labels": Y, "target": Y}, None),
        ({"a": X, "b": X}, None),
        ({"a": X, "ids": Y}, None),
        ({"a": X, "b": (3,)}, None),
        ({"a": (9, 20), "b": (9, 10)}, None),
        ({"x_train": X, "y_train": Y}, None),
        ({"x_train": X, "y_train": Y}, "fog"),
        ({"arr_0": X, "arr_1": Y, "arr_2": X, "arr_3": Y}, None),
        ({}, None),
    ],
)
def test_what_is_not_clear_is_refused_with_names_and_shapes(
    shapes: dict[str, tuple[int, ...]], split: str | None
) -> None:
    with pytest.raises(DataError) as caught:
        choose_arrays(shapes, split)
    for name, shape in shapes.items():
        if name in ("images", "labels", "a", "x_train", "arr_2"):
            assert f"{name} {shape}" in str(caught.value)
    assert "data.npz:IMAGES,LABELS" in str(caught.value) or "split=" in str(caught.value)


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        ({"images": X, "labels": Y, "y": Y}, "2 arrays that may be the labels: labels .* y "),
        ({"images": X, "x": X, "labels": Y}, "2 arrays that may be the images: images .* x "),
        ({"images": X, "labels": Y, "x": Y, "y": Y}, "2 arrays that may be the labels"),
    ],
)
def test_x_and_y_may_be_coordinates(shapes: dict[str, tuple[int, ...]], words: str) -> None:
    with pytest.raises(DataError, match=words):
        choose_arrays(shapes, None)
    assert choose_arrays({"images": X, "labels": Y, "x": Y}, None).images == "images"


def test_arrays_named_by_the_user() -> None:
    shapes = {"a": X, "b": X, "c": Y}
    assert named_arrays(shapes, ("b", "c"), None) == Chosen("b", "c")
    assert named_arrays(shapes, ("a",), None) == Chosen("a")
    with pytest.raises(UsageError, match=r"no array 'd'; expected one of a \(9, 5, 4\)"):
        named_arrays(shapes, ("d",), None)
    with pytest.raises(UsageError, match="3 names"):
        named_arrays(shapes, ("a", "b", "c"), None)
    with pytest.raises(UsageError, match="one of the two"):
        named_arrays(shapes, ("a",), "train")


def test_names_of_arrays_behind_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.npz").touch()
    (tmp_path / "b:c.npz").touch()
    assert split_name(f"{tmp_path}/a.npz:x,y") == (tmp_path / "a.npz", ("x", "y"))
    assert split_name(f"{tmp_path}/b:c.npz") == (tmp_path / "b:c.npz", ())
    assert split_name(f"{tmp_path}/b:c.npz:x") == (tmp_path / "b:c.npz", ("x",))
    assert split_name(f"{tmp_path}/none.npz:x") == (tmp_path / "none.npz:x", ())


def test_parts() -> None:
    shapes = {"train_images": X, "valid_images": X, "x_fog": X, "y_test": Y}
    assert parts_of(shapes) == ("train", "val", "fog")
