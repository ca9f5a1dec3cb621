"""Names of classes, as people write them."""

from pathlib import Path

import pytest

from robaudit.data.text import read_class_names
from robaudit.errors import RobauditError, UsageError


def test_class_names(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("T-shirt/top\n\nAnkle boot\n")
    assert read_class_names(str(path)) == ("T-shirt/top", "Ankle boot")
    assert read_class_names("a, b") == ("a", "b")
    path.write_bytes("cat\ndog\n".encode("utf-8-sig"))
    assert read_class_names(str(path)) == ("cat", "dog")
    path.write_text("0,1,10,2\n")
    assert read_class_names(str(path)) == ("0", "1", "10", "2")
    path.write_text("cat\ndog\n", encoding="utf-16")
    assert read_class_names(str(path)) == ("cat", "dog")
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(RobauditError, match="cannot be read"):
        read_class_names(str(path))


@pytest.mark.parametrize("names", ["cat,dog,cat", "cat, cat ", "1,1"])
def test_a_name_that_stands_there_twice_is_refused(tmp_path: Path, names: str) -> None:
    path = tmp_path / "names.txt"
    path.write_text(names.replace(",", "\n"))
    for text in (names, str(path)):
        with pytest.raises(UsageError, match=r"'(cat|1)' stands there twice"):
            read_class_names(text)


def test_an_empty_name_and_a_missing_file_are_refused() -> None:
    with pytest.raises(UsageError, match="an empty name"):
        read_class_names("a,,b")
    with pytest.raises(UsageError, match=r"no class names at none\.txt"):
        read_class_names("none.txt")
