"""Names of classes, as people write them."""

from pathlib import Path

import pytest

from robaudit.data.class_names import read_class_names
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


OWLS = ("owl", "cat", "ice, cream")
NUMBERS = ("0", "1", "10", "2")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("0 owl\n1 cat\n2 ice, cream\n", OWLS),  # Teachable Machine
        ('id,name\n2,"ice, cream"\n0,owl\n1,cat\n', OWLS),
        ("0: owl\n1: cat\n2: ice, cream", OWLS),
        ('["owl", "cat", "ice, cream"]', OWLS),
        ('{"0": "owl", "1": "cat", "2": "ice, cream"}', OWLS),
        ('{"cat": 1, "ice, cream": 2, "owl": 0}', OWLS),  # Keras' class_indices
        ("{0: 'owl',\n 1: 'cat',\n 2: 'ice, cream'}", OWLS),
        ('{"id2label": {"0": "owl", "1": "cat", "2": "ice, cream"}, "label2id": {"owl": 0}}', OWLS),
        ('{"classes": ["owl", "cat", "ice, cream"]}', OWLS),
        ("'owl'\n'cat'\n'ice, cream'", OWLS),
        ('{"0": 0, "1": 1, "10": 2, "2": 3}', NUMBERS),  # torchvision's class_to_idx, of folders
        ('{"0": "0", "1": "1", "3": "2", "2": "10"}', NUMBERS),
        ('["0", "1", "10", "2"]', NUMBERS),
        ("0\n1\n10\n2\n", NUMBERS),
    ],
)
def test_class_names_as_programs_write_them(
    tmp_path: Path, text: str, names: tuple[str, ...]
) -> None:
    path = tmp_path / "names"
    path.write_text(text)
    assert read_class_names(str(path)) == names


def test_numbers_that_do_not_count_are_part_of_the_names(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("1 euro\n2 euro\n5 euro\n")
    assert read_class_names(str(path)) == ("1 euro", "2 euro", "5 euro")
    path.write_text('{"0": ["n01440764", "tench"], "1": ["n01443537", "goldfish"]}')
    assert read_class_names(str(path)) == ("n01440764 tench", "n01443537 goldfish")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"cat": 1, "dog": 5}', "no numbers that count from 0"),
        ('{"cat": }', "neither JSON nor"),
        ('["cat", null]', "None is no name"),
        ("[" * 100_000, "neither JSON nor"),
        ("{'cat', 'dog'}", "neither a list nor"),
    ],
)
def test_structures_without_names_are_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "names.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=words):
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
