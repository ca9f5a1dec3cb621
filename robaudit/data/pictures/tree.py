"""What folders hold, as deep as they go: pictures, and what is none."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from robaudit.data.pictures.picture import is_picture
from robaudit.data.text import some_of

_SYSTEM_FOLDERS = {"@eaDir", "lost+found", "$RECYCLE.BIN", "System Volume Information"}
_SYSTEM_FILES = {"Thumbs.db", "desktop.ini", "Icon\r"}


@dataclass(frozen=True)
class Tree:
    """What a folder holds, by name: pictures, other files, and folders."""

    path: Path
    pictures: tuple[Path, ...]
    others: tuple[Path, ...]
    folders: tuple["Tree", ...]

    def all_pictures(self) -> Iterator[Path]:
        """Give the pictures in the folder and below it."""
        yield from self.pictures
        for folder in self.folders:
            yield from folder.all_pictures()

    def all_others(self) -> Iterator[Path]:
        """Give the files in the folder and below it that are no pictures."""
        yield from self.others
        for folder in self.folders:
            yield from folder.all_others()

    def leaves(self) -> Iterator["Tree"]:
        """Give the folders that hold pictures themselves, the folder or those below it."""
        if self.pictures:
            yield self
        for folder in self.folders:
            yield from folder.leaves()

    def name_of(self, file: Path) -> str:
        """Give the path of a file below the folder as people write it."""
        return file.relative_to(self.path).as_posix()

    def what_is_there(self) -> str:
        """Name some of what a folder without pictures holds."""
        files = [self.name_of(file) for file in self.all_others()]
        return some_of(files or [f"{folder.path.name}/" for folder in self.folders]) or "nothing"


def look_into(folder: Path, above: frozenset[Path] = frozenset()) -> Tree:
    """Look through a folder; what systems and tools leave behind is passed by."""
    here = above | {folder.resolve()}  # a link may lead back to where it is in
    files = [
        path
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name[0] != "." and path.name not in _SYSTEM_FILES
    ]
    pictures = {path: is_picture(path) for path in files}
    return Tree(
        folder,
        tuple(path for path in files if pictures[path]),
        tuple(path for path in files if not pictures[path]),
        tuple(look_into(path, here) for path in folders_in(folder) if path.resolve() not in here),
    )


def folders_in(folder: Path) -> list[Path]:
    """List the folders in a folder that people made, by name."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_dir()
        and not path.name.startswith((".", "__"))
        and path.name not in _SYSTEM_FOLDERS
    )


def holds_pictures(folder: Path) -> bool:
    """Tell whether pictures lie in a folder itself."""
    return any(
        path.is_file() and path.name[0] != "." and is_picture(path) for path in folder.iterdir()
    )
