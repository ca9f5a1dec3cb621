"""``robaudit report``: write a report again from an audit's record, or from a comparison."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from robaudit.commands import ExitCode
from robaudit.commands.terminal import text_layout
from robaudit.errors import RecordError, UsageError
from robaudit.plugins import Report, TextLayout, report_named
from robaudit.record.read import check_files, read_record
from robaudit.record.schema.check import check_record
from robaudit.storage.files import check_folder, write_files

_STANDARD_OUTPUT = (Path("-"), Path("/dev/stdout"))
_START = 2048
"""Bytes at the start of a file, among which the mark of its format is."""


def run(options: argparse.Namespace) -> ExitCode:
    """Run the command."""
    report = report_named(options.format)
    path = _record_in(options.record)
    record = read_record(path)
    report.validate(record)
    check_files(path, check_record(record))
    out = options.out
    if out is None and options.format == "html":
        out = path.with_name("report.html")
    if out is None or out in _STANDARD_OUTPUT:
        sys.stdout.write(_render(report, record, text_layout(Console())))
        return ExitCode.OK
    replaceable = out == path.with_name("report.html") or _is_of(report, out)
    check_folder(out.parent, [out.name], overwrite=options.force or replaceable)
    content = _render(report, record, TextLayout()).encode()
    write_files(out.parent, {out.name: lambda file: file.write(content)})
    sys.stdout.write(f"{out}\n")
    return ExitCode.OK


def _is_of(report: Report, path: Path) -> bool:
    """Tell whether a file is a report that was written before, by the marks of its format."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(_START).decode(errors="replace")
    return any(mark in start for mark in report.marks)


def _record_in(path: Path) -> Path:
    """Give the record that a folder holds: its comparison, as hardening leaves it, or its audit."""
    if not path.is_dir():
        return path
    comparison = path / "comparison.json"
    return comparison if comparison.exists() else path / "audit.json"


def _render(report: Report, record: Any, layout: TextLayout) -> str:
    """Draw a record that obeys the schema, but may still not fit together."""
    comparison = isinstance(record, Mapping) and record.get("kind") == "comparison"
    render = report.compare if comparison else report.render
    if render is None:
        raise UsageError(
            f"the report {report.name} has no form for comparisons", expected="another --format"
        )
    try:
        return render(record, layout)
    except (LookupError, TypeError, ValueError, ArithmeticError) as error:
        what = "comparison" if comparison else "audit"
        raise RecordError(
            f"no {what} record: its parts do not fit together ({error!r})",
            expected=f"a file {what}.json as robaudit wrote it",
        ) from error
