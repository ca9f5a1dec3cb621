"""Reading files that a record names by what they hold, their SHA-256."""

import hashlib
from contextlib import ExitStack
from io import BufferedReader
from pathlib import Path

from robaudit.errors import RecordError
from robaudit.storage.files import waiting_files

AGAIN = "Run the scan again, and keep what it writes together."


def open_sealed(path: Path, digest: str | None) -> BufferedReader | None:
    """Open a regular file, of a SHA-256 where one is given; ``None`` where there is none.

    It may wait for its name: a run that was killed while its files took theirs has left it so.

    Raises RecordError where there is a file of that name, but another one; OSError where it
    cannot be read.
    """
    for candidate in (path, *(waiting_files(path) if digest else ())):
        if candidate.is_file():
            with ExitStack() as stack:
                file: BufferedReader = stack.enter_context(candidate.open("rb"))
                if digest is None or hashlib.file_digest(file, "sha256").hexdigest() == digest:
                    file.seek(0)
                    stack.pop_all()
                    return file
    if path.exists():
        raise RecordError(
            f"{path} is not the file that was written with the record: it is of another run, "
            "changed, or being written",
            expected=f"the file with SHA-256 {digest}" if digest else "a regular file",
            advice=AGAIN,
        )
    return None
