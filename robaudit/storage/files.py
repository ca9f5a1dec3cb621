"""Writing files that belong together as one set, whole or not at all.

They are all written under names of their own at first, `waiting_files`. Then they take their
names one by one, the last first: that is a `Sealed`, a record with the SHA-256 of the others
in it. So there is one moment at which the new set takes the place of the old one, and who
reads the record and opens the others with `robaudit.storage.sealed.open_sealed` has one
set whenever the run that wrote them was killed: a file that could not take its name
any more is found where it waits.
"""

import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from robaudit.errors import OutputError, UsageError

Writer = Callable[[IO[bytes]], Any]


@dataclass(frozen=True)
class Sealed:
    """How to write a record, given the SHA-256 of each file of its set, by name.

    Names are relative to the record's folder, with ``/`` between folders.
    """

    write: Callable[[IO[bytes], Mapping[str, str]], Any]


Writers = Mapping[str, Writer | Sealed]


def check_folder(folder: Path, names: Iterable[str], *, overwrite: bool = True) -> None:
    """Raise UsageError where files of these names cannot be written, before the work is done.

    Files that are there already are an error too, unless they may be overwritten.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", expected="a folder for the results")
    for name in names:
        _refuse_link(folder, (folder / name).parent)
        if (folder / name).is_dir():
            raise UsageError(f"{folder / name} is a folder", expected="a file to write to")
        if (folder / name).exists() and not (folder / name).is_file():
            # A file would take its place: of /dev/null, where we may do that.
            raise UsageError(
                f"{folder / name} is a device or a pipe", expected="a file to write to"
            )
        if not overwrite and (folder / name).exists():
            raise UsageError(
                f"{folder / name} is there already",
                expected="a name that is free",
                advice="Name another with -o, or overwrite what is there with --force.",
            )
    existing = folder.absolute()
    while not existing.exists() and not existing.is_symlink():
        existing = existing.parent
    if not existing.exists():
        raise UsageError(f"{existing} is a link to nothing", expected="a folder for the results")
    if not existing.is_dir():
        raise UsageError(f"{existing} is not a folder", expected="a folder for the results")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise UsageError(f"no permission to write to {existing}", expected="a writable folder")
    try:  # permission does not tell of everything: a quota, a file system that went bad
        tempfile.TemporaryFile(dir=existing).close()
    except OSError as error:
        raise UsageError(
            f"{existing} cannot be written to: {error.strerror or error}",
            expected="a writable folder",
        ) from error


def _refuse_link(folder: Path, inner: Path) -> None:
    """Raise UsageError for a folder inside another that is a link: it was not the one named."""
    if inner != folder and inner.is_symlink():
        raise UsageError(f"{inner} is a link", expected="a folder inside that of the results")


def write_files(folder: Path, writers: Writers, outdated: Iterable[str] = ()) -> list[Path]:
    """Write files to a folder, none of them visible before all are whole; give their paths.

    Names may have folders in them. What stood there under these names is replaced, and
    what stood there under those that are ``outdated`` by it is removed. A `Sealed` record
    comes after the files that it names, and stands for the set from the moment on at which it
    has its name. What runs that were killed left of these names is cleared.

    Raises OutputError when one cannot be written; what stood there then still does. UsageError is
    raised for a folder inside that is a link.
    """
    for name in writers:
        _refuse_link(folder, (folder / name).parent)
    new_folders = [each for each in (folder, *folder.parents) if not each.exists()]
    parts = {name: _part(folder / name) for name in writers}
    inner = {part.parent for part in parts.values()} - {folder}
    *_, last = parts.values()
    whole = False
    try:
        _write_parts(writers, parts)
        _sync({*inner, folder, *(each.parent for each in new_folders)})
        whole = True
        for name in reversed(parts):
            parts[name].replace(folder / name)
            if parts[name] == last:
                _sync({folder})
        for name in set(outdated) - set(writers):
            (folder / name).unlink(missing_ok=True)
        _sync({*inner, folder})
    except OSError as error:
        raise OutputError(
            f"the results cannot be written to {folder}: {error.strerror or error}",
            advice="Make room, or choose another place with -o.",
        ) from error
    finally:
        with suppress(OSError):
            if not whole or last.exists():  # else the new set is there, and these belong to it
                for part in parts.values():
                    part.unlink(missing_ok=True)
            for each in (*inner, *new_folders[:1]):
                if each.is_dir() and not any(each.iterdir()):
                    each.rmdir()
    _clear_leftovers(folder / name for name in {*writers, *outdated})
    return [folder / name for name in writers]


def _part(path: Path) -> Path:
    """Say under which name a file waits for its own."""
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def _write_parts(writers: Writers, parts: Mapping[str, Path]) -> None:
    """Write all files under the names where they wait, and bring what they hold to the disk."""
    digests: dict[str, str] = {}
    for name, write in writers.items():
        parts[name].parent.mkdir(parents=True, exist_ok=True)
        parts[name].unlink(missing_ok=True)  # left by a run of our number, or laid there as a link
        with parts[name].open("x+b") as file:
            if isinstance(write, Sealed):
                write.write(file, _below(PurePosixPath(name).parent, digests))
            else:
                write(file)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            digests[name] = hashlib.file_digest(file, "sha256").hexdigest()


def _below(folder: PurePosixPath, digests: Mapping[str, str]) -> dict[str, str]:
    """Take what lies in a folder, by names relative to it."""
    paths = {PurePosixPath(name): digest for name, digest in digests.items()}
    return {
        str(path.relative_to(folder)): digest
        for path, digest in paths.items()
        if path.is_relative_to(folder)
    }


def _sync(folders: Iterable[Path]) -> None:
    """Bring to the disk which names folders hold, where the system lets us."""
    for folder in folders:
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except PermissionError:  # it may be written to but not read, or this is no Unix
            continue
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # not on this file system
                raise
        finally:
            os.close(descriptor)


def waiting_files(path: Path) -> list[Path]:
    """List files that wait for a name: of a run that is at it, or was killed before it was."""
    if not path.parent.is_dir():
        return []
    waiting = re.compile(rf"\.{re.escape(path.name)}\.\d+\.part")
    return sorted(each for each in path.parent.iterdir() if waiting.fullmatch(each.name))


def _clear_leftovers(paths: Iterable[Path]) -> None:
    """Remove what waits for these names and will never get them, since its run is no more."""
    with suppress(OSError):
        for path in paths:
            for waiting in waiting_files(path):
                if not is_running(int(waiting.suffixes[-2][1:])):
                    waiting.unlink(missing_ok=True)


def is_running(process: int) -> bool:
    """Tell whether another process is running, by its number; where that cannot be told, it is."""
    if process == os.getpid():  # what we wrote has its name by now: that one had our number
        return False
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it is somebody else's
        return True
    return True
