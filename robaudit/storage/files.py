"""Writing files: whole or not at all."""

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from robaudit.errors import OutputError, UsageError

Writer = Callable[[IO[bytes]], Any]


def check_folder(folder: Path, names: Iterable[str], *, overwrite: bool = True) -> None:
    """Raise UsageError where files of these names cannot be written, before the work is done.

    Files that are there already are an error too, unless they may be overwritten.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", expected="a folder for the results")
    for name in names:
        if (folder / name).is_dir():
            raise UsageError(f"{folder / name} is a folder", expected="a file to write to")
        if not overwrite and (folder / name).exists():
            raise UsageError(
                f"{folder / name} is there already",
                expected="a new folder",
                advice="Name another with -o, or overwrite what is there with --force.",
            )
    existing = folder.absolute()
    while not existing.exists():
        existing = existing.parent
    if not existing.is_dir():
        raise UsageError(f"{existing} is not a folder", expected="a folder for the results")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise UsageError(f"no permission to write to {existing}", expected="a writable folder")


def write_files(
    folder: Path, writers: Mapping[str, Writer], outdated: Iterable[str] = ()
) -> list[Path]:
    """Write files to a folder, none of them before all are whole; give their paths.

    Names may have folders in them. What stood there under these names is replaced, and
    what stood there under those that are ``outdated`` by it is removed.

    Raises OutputError when one cannot be written; what stood there then still does.
    """
    created = not folder.exists()
    parts = {
        name: (folder / name).with_name(f".{Path(name).name}.{os.getpid()}.part")
        for name in writers
    }
    try:
        for name, write in writers.items():
            parts[name].parent.mkdir(parents=True, exist_ok=True)
            with parts[name].open("wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
        for name, part in parts.items():
            part.replace(folder / name)
        for name in set(outdated) - set(writers):
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"the results cannot be written to {folder}: {error.strerror or error}",
            advice="Make room, or choose another place with -o.",
        ) from error
    finally:
        with suppress(OSError):
            for part in parts.values():
                part.unlink(missing_ok=True)
            for inner in {part.parent for part in parts.values()} - {folder}:
                if inner.is_dir() and not any(inner.iterdir()):
                    inner.rmdir()
            if created and not any(folder.iterdir()):
                folder.rmdir()
    return [folder / name for name in writers]
