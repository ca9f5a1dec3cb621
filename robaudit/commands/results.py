"""What commands write: the files of an audit, and those of a comparison."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from robaudit.audit import Audit
from robaudit.plugins import TextLayout, report_named
from robaudit.record.write import audit_writers, sealed_record
from robaudit.storage.files import Sealed, Writer


def audit_files(audit: Audit, record: Mapping[str, Any]) -> dict[str, Writer | Sealed]:
    """Say how to write an audit: what attacks did, all rays, the page, the record.

    Of these the last take their names first: people open the page, and know no SHA-256.
    """
    return _with_page(audit_writers(audit, record), record)


def kept_files(arrays: Mapping[str, Path], record: Mapping[str, Any]) -> dict[str, Writer | Sealed]:
    """Say how to write an audit of which the files of arrays are there already."""
    files: dict[str, Writer | Sealed] = {name: _copy(path) for name, path in arrays.items()}
    return _with_page({**files, "audit.json": sealed_record(record)}, record)


def _with_page(
    files: Mapping[str, Writer | Sealed], record: Mapping[str, Any]
) -> dict[str, Writer | Sealed]:
    page = report_named("html").render(record, TextLayout()).encode()
    *arrays, sealed = files.items()
    return dict([*arrays, ("report.html", lambda file: file.write(page)), sealed])


def _copy(path: Path) -> Writer:
    def write(file: IO[bytes]) -> None:
        with path.open("rb") as known:
            shutil.copyfileobj(known, file)

    return write


def comparison_files(comparison: Mapping[str, Any]) -> dict[str, Writer | Sealed]:
    """Say how to write a comparison: as a page, where reports can draw one, and as JSON."""
    files: dict[str, Writer | Sealed] = {}
    draw = report_named("html").compare
    if draw is not None:
        page = draw(comparison, TextLayout()).encode()
        files["report.html"] = lambda file: file.write(page)
    files["comparison.json"] = sealed_record(comparison)
    return files


def comparison_text(comparison: Mapping[str, Any], layout: TextLayout) -> str:
    """Draw a comparison for a terminal; its verdict alone where no report can."""
    draw = report_named("text").compare
    if draw is not None:
        return draw(comparison, layout)
    return "".join(f"{sentence}\n" for sentence in comparison["verdict"])
