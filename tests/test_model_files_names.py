"""Names of classes from a file beside a model, whatever opens the model."""

from pathlib import Path

import pytest

from robaudit import Classifier, InputSpec, load
from robaudit.model_files import with_what_lies_beside
from tests.support.keras_files import save
from tests.support.keras_networks import small
from tests.support.preparations import blind


def with_file(folder: Path, name: str, text: str, classes: int = 3) -> Classifier:
    (folder / name).write_text(text, encoding="utf-8", newline="")
    return with_what_lies_beside(blind((3, 8, 8), classes=classes), folder / "model.onnx")


@pytest.mark.parametrize(
    ("name", "text", "names"),
    [
        ("labels.txt", "0 cat\n1 dog\n2 sea otter\n", ("cat", "dog", "sea otter")),
        ("labels.txt", "\ufeff1: cat\r\n2: dog\r\n3: otter", ("cat", "dog", "otter")),
        ("labels.txt", "2 otter\n0 cat\n1 dog\n\n", ("cat", "dog", "otter")),
        ("class_names.txt", "cat\ndog\notter", ("cat", "dog", "otter")),
        ("classes.txt", "otter\ncat\ndog", ("otter", "cat", "dog")),
        ("labels.txt", "3 spades\n7 clubs\n2 hearts", ("3 spades", "7 clubs", "2 hearts")),
        ("labels.txt", "1\n2\n3", ("1", "2", "3")),
        ("labels.txt", "0\n1\n2", None),
        ("labels.txt", "cat\x1b[2J\ndog\notter", ("cat\ufffd[2J", "dog", "otter")),
        ("class_indices.json", '{"dog": 1, "otter": 2, "cat": 0}', ("cat", "dog", "otter")),
        ("class_indices.json", '{"2": "otter", "0": "cat", "1": "dog"}', ("cat", "dog", "otter")),
        ("labels.json", '["otter", "cat", "dog"]', ("otter", "cat", "dog")),
    ],
)
def test_names_are_read(
    name: str, text: str, names: tuple[str, ...] | None, tmp_path: Path
) -> None:
    found = with_file(tmp_path, name, text)
    assert found.spec.class_names == names
    assert found.details["class_names"] == f"from {name} beside it"
    assert not found.notes


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.txt", "cat\ndog"),
        ("labels.txt", "cat\ncat\ndog"),
        ("labels.txt", "".join(f"{i % 3}\n" for i in range(9))),
        ("class_names.json", '{"cat": 0, "dog": 2, "otter": 3}'),
        ("class_names.json", "no JSON {"),
    ],
)
def test_a_file_of_something_else_is_not_believed(name: str, text: str, tmp_path: Path) -> None:
    found = with_file(tmp_path, name, text)
    assert found.spec.class_names is None
    (note,) = found.notes
    assert note.startswith(f"{name} beside the model does not name its classes: it has ")


def test_a_config_is_believed_before_a_list(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"label2id": {"a": 0, "c": 2, "b": 1}}')
    found = with_file(tmp_path, "labels.txt", "x\ny\nz")
    assert found.spec.class_names == ("a", "b", "c")


def test_what_the_user_says_comes_first(tmp_path: Path) -> None:
    path = save(small(classes=3), tmp_path / "model.keras")
    (tmp_path / "labels.txt").write_text("a\nb\nc")
    assert load(path).spec.class_names == ("a", "b", "c")
    spec = InputSpec((8, 8, 1), 3, class_names=("x", "y", "z"))
    assert load(path, spec=spec).spec.class_names == ("x", "y", "z")
