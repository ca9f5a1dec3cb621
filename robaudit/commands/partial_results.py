"""Where the results of an audit that was stopped go: never in the place of whole ones."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from robaudit.errors import RobauditError, UsageError
from robaudit.record.findings import Findings
from robaudit.record.read import read_record

FOLDER = "partial"
"""Below the folder of whole results, which stay until there are others as whole."""


def folder_of_partial(results: Path) -> Path:
    """Say where to write what there is of an audit: beside a whole one that is there, if any."""
    whole = (results / "audit.json").exists() and not _is_partial(results / "audit.json")
    return results / FOLDER if whole else results


def clear_partial(results: Path, names: Iterable[str]) -> None:
    """Remove what was written beside whole results, now that there are new ones."""
    folder = results / FOLDER
    if not folder.is_symlink() and _is_partial(folder / "audit.json"):
        for name in names:
            (folder / name).unlink(missing_ok=True)
        with suppress(OSError):  # what somebody else put there stays
            folder.rmdir()


def check_whole(findings: Findings, what: str) -> None:
    """Raise UsageError for an audit that was stopped, where it is to serve as something."""
    if findings.audit_record.partial:
        raise UsageError(
            f"an audit that was interrupted as {what}",
            expected="a whole one",
            advice="The command that made it goes on from where it stopped.",
        )


def _is_partial(path: Path) -> bool:
    with suppress(RobauditError):
        record: Any = read_record(path)
        return isinstance(record, dict) and bool(record.get("partial"))
    return False
