"""Archives of PyTorch's, read so that each reader sees the same in them.

A zip archive may hold a name twice, or in two cases, and readers differ in which of them they
take; it may also unpack to far more than it is. So members are read here, once, and written
anew for whatever reads them next.
"""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from robaudit.errors import UsageError
from robaudit.model_files import excess_of_weights


class DangerError(Exception):
    """What in a file could do more than compute: a phrase that goes on after its name."""


def read_members(archive: Path | bytes) -> dict[str, bytes]:
    """Read all members of an archive, in its order.

    Raises DangerError for a name that is there twice, in whatever case, and for what unpacks to
    more than ten times its size and 64 MiB; zipfile.BadZipFile for what is damaged.
    """
    packed = len(archive) if isinstance(archive, bytes) else archive.stat().st_size
    with zipfile.ZipFile(io.BytesIO(archive) if isinstance(archive, bytes) else archive) as opened:
        members = opened.infolist()
        seen: set[str] = set()
        for member in members:
            if member.filename.lower() in seen:
                raise DangerError(f"holds {member.filename!r:.80} twice")
            seen.add(member.filename.lower())
        excess = excess_of_weights(sum(member.file_size for member in members), packed)
        if excess:
            raise DangerError(excess)
        return {member.filename: opened.read(member) for member in members}


def written(members: Mapping[str, bytes]) -> bytes:
    """Write members into an archive, not packed, as torch maps them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def refusal(path: Path, danger: DangerError, expected: str) -> UsageError:
    """Say what in a file could do more than compute, and that it takes trust to open it."""
    return UsageError(
        f"{path} {danger}: opening it could do more than compute",
        expected=expected,
        advice="If you trust whoever made it with your machine, add `trust=True`.",
    )
