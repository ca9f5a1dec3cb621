"""An audit that is kept in a store, to be taken from there instead of being made again.

An entry is an archive of what `robaudit scan` writes: the record, without gates and verdict,
all rays, and what attacks did. Entries are as untrusted as any file.
"""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from robaudit.errors import RecordError, UsageError
from robaudit.metrics.deciding import Looks
from robaudit.record.findings import Findings
from robaudit.record.plain import as_plain
from robaudit.record.read import read_findings
from robaudit.record.write import sealed_record
from robaudit.storage.store import Store

KIND = "audits"
ARRAYS = ("attacks.npz", "rays.npz")
_RECORD, _LOOKS = "audit.json", "looks.json"
_MOST_LOOKS = 2**10
_DAMAGES = (
    RecordError,
    UsageError,
    zipfile.BadZipFile,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    NotImplementedError,
    RuntimeError,
)


@dataclass(frozen=True)
class KeptAudit:
    """What a store had: what was found, and the files of arrays (`ARRAYS`) that were unpacked."""

    findings: Findings
    looks: Looks | None
    files: Mapping[str, Path]


def keep_audit(
    store: Store, key: str, findings: Findings, looks: Looks | None, files: Mapping[str, Path]
) -> bool:
    """Keep an audit, of which ``files`` are those of arrays; tell whether it is there."""

    def write(file: IO[bytes]) -> None:
        digests = {}
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name, path in files.items():
                archive.write(path, name)
                with path.open("rb") as written:
                    digests[name] = hashlib.file_digest(written, "sha256").hexdigest()
            if looks is not None:
                archive.writestr(_LOOKS, json.dumps(asdict(looks)))
            with archive.open(_RECORD, "w") as member:
                sealed_record(as_plain(findings.audit_record)).write(member, digests)

    return store.write(KIND, key, write)


def kept_audit(store: Store, key: str, folder: Path) -> KeptAudit | None:
    """Unpack a kept audit into an empty folder and read it; ``None`` where there is none.

    One that cannot be read is removed.
    """
    with store.opened(KIND, key) as file:
        if file is None:
            return None
        try:
            return read_kept(file, folder)
        except _DAMAGES:
            store.remove(KIND, key)
            return None


def read_kept(file: IO[bytes], folder: Path) -> KeptAudit:
    """Unpack an archive of an audit into an empty folder, and read it.

    Raises RecordError, and others, for what is none.
    """
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        if len(set(names)) < len(names) or not {_RECORD, *ARRAYS, _LOOKS} >= set(names):
            raise RecordError(f"an archive of {len(names)} files", expected="those of an audit")
        for member in archive.infolist():
            # Stored, it cannot unpack to more than it is.
            if member.compress_type != zipfile.ZIP_STORED:
                raise RecordError("a packed file", expected="one that is stored as it is")
            with archive.open(member) as packed, (folder / member.filename).open("xb") as unpacked:
                shutil.copyfileobj(packed, unpacked)
    return KeptAudit(
        findings=read_findings(folder),
        looks=_read_looks(folder / _LOOKS) if _LOOKS in names else None,
        files={name: folder / name for name in ARRAYS if name in names},
    )


def _read_looks(path: Path) -> Looks:
    if path.stat().st_size > _MOST_LOOKS:
        raise RecordError("more than the looks of a search", expected="three numbers")
    read = json.loads(path.read_bytes())
    return Looks(int(read["planned"]), int(read["taken"]), float(read["error"]))
