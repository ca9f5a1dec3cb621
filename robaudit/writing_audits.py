"""Writing an audit so that it can be read back: the record, the rays, what attacks did."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from robaudit.audit import Audit
from robaudit.record import make_record, to_json
from robaudit.writing import Writer, write_attacks, write_files, write_rays


def write_audit(audit: Audit, folder: Path | str) -> list[Path]:
    """Write ``audit.json``, ``rays.npz`` and, if there was any attack, ``attacks.npz``.

    They are what `robaudit.read_findings` reads; `robaudit.plugins` has the reports. Raises
    OutputError where they cannot be written; none is then.
    """
    files = audit_writers(audit, make_record(audit))
    return write_files(Path(folder), files, outdated=("attacks.npz",))


def audit_writers(audit: Audit, record: Mapping[str, Any]) -> dict[str, Writer]:
    """Say how to write what attacks did, all rays, and the record."""
    files: dict[str, Writer] = {}
    if audit.assessment is not None:
        files["attacks.npz"] = lambda file: write_attacks(audit, file)
    files["rays.npz"] = lambda file: write_rays(audit, file)
    files["audit.json"] = lambda file: file.write((to_json(record) + "\n").encode())
    return files
