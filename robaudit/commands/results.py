"""What commands write: the files of an audit, and those of a comparison."""

from collections.abc import Mapping
from typing import Any

from robaudit.audit import Audit
from robaudit.plugins import TextLayout, report_named
from robaudit.record import to_json
from robaudit.writing import Writer, write_attacks, write_rays


def audit_files(audit: Audit, record: Mapping[str, Any]) -> dict[str, Writer]:
    """Say how to write an audit: what attacks did, all rays, the page, the record."""
    page = report_named("html").render(record, TextLayout()).encode()
    files: dict[str, Writer] = {}
    if audit.assessment is not None:
        files["attacks.npz"] = lambda file: write_attacks(audit, file)
    files["rays.npz"] = lambda file: write_rays(audit, file)
    files["report.html"] = lambda file: file.write(page)
    files["audit.json"] = lambda file: file.write((to_json(record) + "\n").encode())
    return files


def comparison_files(comparison: Mapping[str, Any]) -> dict[str, Writer]:
    """Say how to write a comparison: as a page, where reports can draw one, and as JSON."""
    files: dict[str, Writer] = {}
    draw = report_named("html").compare
    if draw is not None:
        page = draw(comparison, TextLayout()).encode()
        files["report.html"] = lambda file: file.write(page)
    files["comparison.json"] = lambda file: file.write((to_json(comparison) + "\n").encode())
    return files


def comparison_text(comparison: Mapping[str, Any], layout: TextLayout) -> str:
    """Draw a comparison for a terminal; its verdict alone where no report can."""
    draw = report_named("text").compare
    if draw is not None:
        return draw(comparison, layout)
    return "".join(f"{sentence}\n" for sentence in comparison["verdict"])
