"""Files that nobody named: they are looked for in a folder that somebody did name."""

from pathlib import Path


def is_file_inside(file: Path, *folders: Path) -> bool:
    """Tell whether there is a regular file that lies in one of some folders itself.

    What is a link to another place does not: whoever sent the folder would have that read,
    and shown, which nobody meant to show.
    """
    return file.is_file() and file.resolve().parent in [folder.resolve() for folder in folders]
