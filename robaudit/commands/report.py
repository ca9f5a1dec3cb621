"""``robaudit report``: write a report again from the record of an audit."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from robaudit.commands import ExitCode
from robaudit.errors import RecordError, UsageError
from robaudit.plugins import Report, TextLayout, report_named
from robaudit.terminal import text_layout
from robaudit.writing import check_folder, write_files


def run(options: argparse.Namespace) -> ExitCode:
    """Run the command."""
    report = report_named(options.format)
    record = read_record(options.record)
    report.validate(record)
    out = options.out
    if out is None and options.format == "html":
        out = options.record.with_name("report.html")
    if out is None:
        sys.stdout.write(_render(report, record, text_layout(Console())))
        return ExitCode.OK
    check_folder(out.parent, [out.name])
    content = _render(report, record, TextLayout()).encode()
    write_files(out.parent, {out.name: lambda file: file.write(content)})
    sys.stdout.write(f"{out}\n")
    return ExitCode.OK


def _render(report: Report, record: Any, layout: TextLayout) -> str:
    """Draw a record that obeys the schema, but may still not fit together."""
    try:
        return report.render(record, layout)
    except (LookupError, TypeError, ValueError, ArithmeticError) as error:
        raise RecordError(
            f"no audit record: its parts do not fit together ({error!r})",
            expected="an audit.json as robaudit wrote it",
        ) from error


def read_record(path: Path) -> Any:
    """Read a record; what it holds is checked by the report that is drawn from it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except FileNotFoundError as error:
        raise UsageError(f"no record at {path}", expected="an audit.json") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise RecordError(
            f"{path} is no JSON ({error})", expected="an audit.json written by robaudit"
        ) from error


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
