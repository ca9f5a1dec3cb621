"""The first look at a model file that nobody vouches for, whatever its framework."""

import hashlib
from pathlib import Path

from robaudit.errors import NotAuditableError, UsageError

_POINTER = b"version https://git-lfs"
_START = 64


def look_at_file(path: Path, expected: str) -> tuple[bytes, str]:
    """Give the first bytes of a model file and its SHA-256.

    ``expected`` says what kind of model was looked for: "an ONNX model". Raises
    UsageError for a file that is missing or cannot be read, NotAuditableError for
    one that is empty or a pointer to the real one.
    """
    if not path.is_file():
        raise UsageError(f"no model at {path}", expected=expected)
    try:
        with path.open("rb") as file:
            start = file.read(_START)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    if not start:
        raise NotAuditableError(f"{path} is empty", expected=expected)
    if start.startswith(_POINTER):
        raise NotAuditableError(
            f"{path} is a Git LFS pointer, not the model itself",
            expected=expected,
            advice="Fetch the file with: git lfs pull.",
        )
    return start, digest
