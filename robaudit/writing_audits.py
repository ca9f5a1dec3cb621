"""Writing an audit so that it can be read back: the record, the rays, what attacks did."""

from pathlib import Path

from robaudit.audit import Audit
from robaudit.record import make_record, to_json
from robaudit.writing import Writer, write_attacks, write_files, write_rays


def write_audit(audit: Audit, folder: Path | str) -> list[Path]:
    """Write ``audit.json``, ``rays.npz`` and, if there was any attack, ``attacks.npz``.

    They are what `robaudit.read_findings` reads; `robaudit.plugins` has the reports. Raises
    OutputError where they cannot be written; none is then.
    """
    record = to_json(make_record(audit))
    files: dict[str, Writer] = {
        "audit.json": lambda file: file.write(record.encode()),
        "rays.npz": lambda file: write_rays(audit, file),
    }
    if audit.assessment is not None:
        files["attacks.npz"] = lambda file: write_attacks(audit, file)
    return write_files(Path(folder), files, outdated=("attacks.npz",))
