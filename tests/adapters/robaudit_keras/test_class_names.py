"""Names of classes from a file beside a model."""

from pathlib import Path

import pytest

from robaudit import InputSpec, load
from tests.support.keras_files import save
from tests.support.keras_networks import small


@pytest.mark.parametrize(
    ("name", "text", "names"),
    [
        ("labels.txt", "0 cat\n1 dog\n2 sea otter\n", ("cat", "dog", "sea otter")),
        ("labels.txt", "\ufeff1: cat\r\n2: dog\r\n3: otter", ("cat", "dog", "otter")),
        ("labels.txt", "2 otter\n0 cat\n1 dog\n\n", ("cat", "dog", "otter")),
        ("class_names.txt", "cat\ndog\notter", ("cat", "dog", "otter")),
        ("labels.txt", "3 spades\n7 clubs\n2 hearts", ("3 spades", "7 clubs", "2 hearts")),
        ("labels.txt", "1\n2\n3", ("1", "2", "3")),
        ("labels.txt", "0\n1\n2", None),
        ("labels.txt", "cat\x1b[2J\ndog\notter", ("cat\ufffd[2J", "dog", "otter")),
    ],
)
def test_a_name_a_line_is_read(
    name: str, text: str, names: tuple[str, ...] | None, tmp_path: Path
) -> None:
    path = save(small(classes=3), tmp_path / "model.h5")
    assert load(path).spec.class_names is None
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    classifier = load(path)
    assert classifier.spec.class_names == names
    assert classifier.details["class_names"] == f"from {name} beside it"


@pytest.mark.parametrize(
    "text", ["cat\ndog", "cat\ncat\ndog", "".join(f"{i % 3}\n" for i in range(9))]
)
def test_a_file_of_something_else_is_not_believed(text: str, tmp_path: Path) -> None:
    path = save(small(classes=3), tmp_path / "model.keras")
    (tmp_path / "labels.txt").write_text(text)
    classifier = load(path)
    assert classifier.spec.class_names is None
    (note,) = classifier.notes
    assert note.startswith("labels.txt beside the model was not read: it has ")


def test_what_the_user_says_comes_first(tmp_path: Path) -> None:
    path = save(small(classes=3), tmp_path / "model.keras")
    (tmp_path / "labels.txt").write_text("a\nb\nc")
    spec = InputSpec((8, 8, 1), 3, class_names=("x", "y", "z"))
    assert load(path, spec=spec).spec.class_names == ("x", "y", "z")
