"""Audits written to a folder, as far as reading them needs."""

from pathlib import Path

from robaudit.audit import Audit
from robaudit.record import make_record, to_json
from robaudit.record.write import write_rays


def write_audit(found: Audit, folder: Path) -> None:
    """Write what reading an audit needs."""
    folder.mkdir(exist_ok=True)
    with (folder / "rays.npz").open("wb") as file:
        write_rays(found, file)
    (folder / "audit.json").write_text(to_json(make_record(found)))
