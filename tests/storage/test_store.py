"""A store: entries are whole or not there, and found out where they are not what was written."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

import pytest

from robaudit.storage.store import Store

KEY, OTHER = "ab" * 32, "cd" * 32


def content_of(store: Store, key: str = KEY, kind: str = "audits") -> bytes | None:
    with store.opened(kind, key) as file:
        return None if file is None else file.read()


def key(number: int) -> str:
    return f"{number:064x}"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", 2**20)


def test_what_is_written_is_read_and_nothing_else_is_there(store: Store) -> None:
    assert content_of(store) is None
    assert store.write("audits", KEY, lambda file: file.write(b"found"))
    assert content_of(store) == b"found"
    assert content_of(store, OTHER) is content_of(store, kind="blocks") is None


def test_an_entry_is_written_once(store: Store) -> None:
    store.write("audits", KEY, lambda file: file.write(b"first"))
    assert store.write("audits", KEY, lambda file: file.write(b"second"))
    assert content_of(store) == b"first"


@pytest.mark.parametrize("place", [0, 20, 100, -1])
def test_a_damaged_entry_is_said_and_removed_and_can_be_written_again(
    tmp_path: Path, place: int
) -> None:
    told: list[str] = []
    store = Store(tmp_path, 2**20, told.append)
    store.write("audits", KEY, lambda file: file.write(b"found"))
    (entry,) = store.entries()
    content = bytearray(entry.path.read_bytes())
    content[place] ^= 1
    entry.path.write_bytes(content)
    assert content_of(store) is None
    assert len(told) == 1
    assert "damaged" in told[0]
    assert store.entries() == []
    store.write("audits", KEY, lambda file: file.write(b"again"))
    assert content_of(store) == b"again"


@pytest.mark.parametrize("end", [0, 10, -1])
def test_an_entry_that_was_cut_off_is_damaged(store: Store, end: int) -> None:
    store.write("audits", KEY, lambda file: file.write(b"found"))
    (entry,) = store.entries()
    entry.path.write_bytes(entry.path.read_bytes()[:end])
    assert content_of(store) is None


def test_an_entry_under_the_name_of_another_is_damaged(store: Store) -> None:
    store.write("audits", KEY, lambda file: file.write(b"found"))
    store.write("audits", OTHER, lambda file: file.write(b"other"))
    ours, others = (store.folder / "audits" / each[:2] / each for each in (KEY, OTHER))
    ours.write_bytes(others.read_bytes())
    assert content_of(store) is None
    assert content_of(store, OTHER) == b"other"


def test_a_folder_a_link_and_a_pipe_are_no_entries(store: Store, tmp_path: Path) -> None:
    paths = [store.folder / "audits" / "00" / key(number) for number in range(3)]
    paths[0].mkdir(parents=True)
    paths[1].symlink_to(tmp_path / "file")
    os.mkfifo(paths[2])
    assert [content_of(store, path.name) for path in paths] == [None] * 3


def test_what_fails_while_it_is_written_leaves_nothing(store: Store) -> None:
    def fail(file: IO[bytes]) -> None:
        file.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.write("audits", KEY, fail)
    assert content_of(store) is None
    assert [path for path in store.folder.rglob("*") if path.is_file()] == []


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    store = Store(tmp_path, 16_000)
    for number in range(4):
        store.write("audits", key(number), lambda file: file.write(bytes(3000)))
        os.utime(tmp_path / "audits" / "00" / key(number), (number, number))
    assert content_of(store, key(0)) is not None  # used, and so the last to go
    store.write("audits", key(4), lambda file: file.write(bytes(3000)))
    left = [content_of(store, key(number)) is not None for number in range(5)]
    assert left == [True, False, True, True, True]


def test_a_store_never_outgrows_its_limit(tmp_path: Path) -> None:
    for number in range(60):
        Store(tmp_path, 20_000).write("audits", key(number), lambda file: file.write(bytes(1500)))
        assert sum(entry.size for entry in Store(tmp_path, 0).entries()) <= 20_000
    one = Store(tmp_path / "one", 20_000)
    for number in range(60):
        one.write("blocks", key(number), lambda file: file.write(bytes(300)))
        assert sum(entry.size for entry in one.entries()) <= 20_000


def test_what_is_larger_than_the_store_is_not_kept(store: Store) -> None:
    store.write("audits", OTHER, lambda file: file.write(b"small"))
    assert not store.write("audits", KEY, lambda file: file.write(bytes(2**20)))
    assert content_of(store) is None
    assert content_of(store, OTHER) == b"small"


def test_what_a_killed_process_left_is_cleared_once_it_is_old(store: Store) -> None:
    store.write("audits", KEY, lambda file: file.write(b"found"))
    folder = store.folder / "audits" / KEY[:2]
    old, new = folder / "tmpold.part", folder / "tmpnew.part"
    for path in (old, new):
        path.write_bytes(b"half")
    days_ago = time.time() - 2 * 86400
    os.utime(old, (days_ago, days_ago))
    Store(store.folder, 2**20).write("audits", OTHER, lambda file: file.write(b""))
    assert not old.exists()
    assert new.exists()


def test_clearing_removes_entries_and_nothing_else(store: Store) -> None:
    for number in range(3):
        store.write("audits", key(number), lambda file: file.write(b"12345"))
    kept = [store.folder / "letter.txt", store.folder / "audits" / "00" / "letter.txt"]
    for path in kept:
        path.write_text("mine")
    size = sum(entry.size for entry in store.entries())
    assert store.clear() == (3, size)
    assert store.entries() == []
    assert all(path.exists() for path in kept)


def test_a_folder_that_cannot_be_written_to_fails_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file", 2**20)
    assert not store.write("audits", KEY, lambda file: file.write(b"found"))
    assert content_of(store) is None
    assert store.entries() == []


def test_names_that_are_none_are_refused(store: Store) -> None:
    for kind, name in (("audits", "../x"), ("../audits", KEY), ("audits", KEY.upper())):
        with pytest.raises(ValueError, match="no entry"):
            store.write(kind, name, lambda file: file.write(b""))


def test_what_fails_while_an_entry_is_open_is_raised(store: Store) -> None:
    store.write("audits", KEY, lambda file: file.write(b"found"))
    with pytest.raises(OSError, match="mine"), store.opened("audits", KEY):
        raise OSError("mine")


HAMMER = """
import sys
from pathlib import Path
from robaudit.storage.store import Store
store = Store(Path(sys.argv[1]), 40_000, lambda sentence: sys.exit(sentence))
for turn in range(150):
    number = turn % 7
    content = bytes([number]) * 8000
    store.write("audits", f"{number:064x}", lambda file: file.write(content))
    with store.opened("audits", f"{number:064x}") as file:
        assert file is None or file.read() == content
"""


def test_two_processes_at_once_see_entries_whole(tmp_path: Path) -> None:
    """They write the same entries, and remove them for want of room, while the other reads."""
    processes = [
        subprocess.Popen([sys.executable, "-c", HAMMER, str(tmp_path)], stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    assert [(process.communicate()[1], process.returncode) for process in processes] == [
        (b"", 0)
    ] * 2


def test_threads_of_one_process_do_not_disturb_each_other(store: Store) -> None:
    def write() -> None:
        for number in range(30):
            store.write("blocks", key(number), lambda file: file.write(bytes(100)))

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(content_of(store, key(n), "blocks") == bytes(100) for n in range(30))
