"""Journals: blocks are there again after whatever ended their writer; damaged ones are not."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from robaudit.storage.journal import Block, Journal


def key(number: int) -> str:
    return sha256(str(number).encode()).hexdigest()


def block(number: int) -> Block:
    return Block("rays", key(number), f"block {number}".encode() * 10)


class Opened:
    """A journal, and what it tells of damages."""

    def __init__(self, folder: Path, name: str = "own") -> None:
        self.told: list[str] = []
        self.journal = Journal(folder, self.told.append, name)

    def numbers(self) -> list[int]:
        return [n for n in range(9) if self.journal.read(key(n)) == block(n).content]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    opened = Opened(tmp_path)
    opened.journal.append([block(0), block(1)])
    opened.journal.append([block(2)])
    assert opened.numbers() == [0, 1, 2]
    return tmp_path


def test_what_others_wrote_can_be_gathered(folder: Path) -> None:
    other = Opened(folder, "other")
    other.journal.append([block(3), block(4)])
    opened = Opened(folder)
    own = opened.journal.gathered()
    (folder / "other.blocks").unlink()
    assert Opened(folder).numbers() == [0, 1, 2, 3, 4]
    assert own == folder / "own.blocks"
    size = own.stat().st_size
    assert Opened(folder).journal.gathered().stat().st_size == size


def test_nothing_is_written_through_a_link(folder: Path, tmp_path_factory: Any) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "precious.txt"
    elsewhere.write_text("precious")
    (folder / "own.blocks").unlink()
    (folder / "own.blocks").symlink_to(elsewhere)
    with pytest.raises(OSError, match="symbolic"):
        Opened(folder).journal.append([block(5)])
    assert elsewhere.read_text() == "precious"


def test_blocks_are_there_again(folder: Path) -> None:
    again = Opened(folder)
    assert (again.numbers(), again.told) == ([0, 1, 2], [])
    assert again.journal.read(key(5)) is None


def test_every_cut_leaves_the_blocks_before_it_and_room_for_more(folder: Path) -> None:
    path = folder / "own.blocks"
    whole = path.read_bytes()
    each = len(whole) // 3
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        cut = Opened(folder)
        assert cut.numbers() == list(range(size // each))
        cut.journal.append([block(7)])
        assert Opened(folder).numbers() == [*range(size // each), 7]
        assert cut.told == []


def test_every_changed_byte_costs_its_block_alone_and_is_said(folder: Path) -> None:
    path = folder / "own.blocks"
    whole = path.read_bytes()
    each = len(whole) // 3
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        damaged = Opened(folder)
        hurt = place // each
        assert set(damaged.numbers()) >= {0, 1, 2} - {hurt}
        assert hurt not in damaged.numbers()
        in_content = place % each >= each - len(block(0).content)
        assert damaged.told or not in_content


def test_a_block_that_was_damaged_is_replaced_by_the_one_done_again(folder: Path) -> None:
    path = folder / "own.blocks"
    path.write_bytes(path.read_bytes().replace(b"block 1", b"block 9", 1))
    damaged = Opened(folder)
    assert damaged.numbers() == [0, 2]
    damaged.journal.append([block(1)])
    again = Opened(folder)
    assert (again.numbers(), again.told) == ([0, 1, 2], [])


def test_journals_of_several_writers_are_read_together(folder: Path) -> None:
    Opened(folder, "other").journal.append([block(3)])
    assert Opened(folder).numbers() == [0, 1, 2, 3]


def test_what_others_write_meanwhile_is_found_by_looking_again(folder: Path) -> None:
    opened, other = Opened(folder), Opened(folder, "other")
    for number in (3, 4):
        other.journal.append([block(number)])
        assert number not in opened.numbers()
        opened.journal.look_again()
        assert number in opened.numbers()
    cut = folder / "other.blocks"
    cut.write_bytes(cut.read_bytes() + b"robaudit-block-1 rays and what is still to be written")
    opened.journal.look_again()
    assert (opened.numbers(), opened.told) == ([0, 1, 2, 3, 4], [])
    opened.journal.append([block(5)])
    assert Opened(folder).numbers() == [0, 1, 2, 3, 4, 5]


def test_a_journal_that_was_begun_anew_is_read_from_its_beginning(folder: Path) -> None:
    opened = Opened(folder, "mine")
    (folder / "own.blocks").unlink()
    opened.journal.look_again()
    Opened(folder).journal.append([block(5)])
    opened.journal.look_again()
    assert opened.numbers() == [5]
    Opened(folder).journal.append([block(number) for number in (6, 7, 8)])
    opened.journal.look_again()
    assert opened.numbers() == [5, 6, 7, 8]


def test_what_cannot_be_written_leaves_what_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    opened = Opened(folder)
    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            opened.journal.append([block(3)])
    assert opened.numbers() == [0, 1, 2]
    opened.journal.append([block(4)])
    assert Opened(folder).numbers() == [0, 1, 2, 4]
