"""Results in other formats beside those in the folder, and what the host of a CI job is told."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from robaudit.commands.options.outputs import OUTPUTS
from robaudit.errors import UsageError
from robaudit.plugins import TextLayout, report_named
from robaudit.record.findings import Findings
from robaudit.record.margin_threshold import margin_threshold
from robaudit.record.samples import sample_columns
from robaudit.record.samples_files import check_parquet, write_csv, write_parquet
from robaudit.storage.files import Writer, check_folder, write_files

_REPORTS = {"sarif": "sarif", "junit": "junit", "markdown": "summary"}
_TABLES: Mapping[str, Callable[..., None]] = {"csv": write_csv, "parquet": write_parquet}
_READ = ("model", "data", "labels", "test_data", "validation_data", "before", "after")


def asked_for(options: argparse.Namespace) -> dict[str, Path]:
    """Give the files that were asked for, by the names of their options."""
    named = {option.name: getattr(options, option.destination, None) for option in OUTPUTS}
    return {name: path for name, path in named.items() if path is not None}


def check_outputs(options: argparse.Namespace, names: Iterable[str]) -> None:
    """Raise UsageError for files that cannot be written, before the work is done.

    ``names`` are those of the results in the folder, which are not to be overwritten by
    others, nor is what the command reads.
    """
    asked = asked_for(options)
    taken = {_real(options.out / name): f"is {name} of the results" for name in names}
    for name in _READ:
        path = getattr(options, name, None)
        if path is not None:
            taken[_real(Path(path))] = "is what is read"
    for name, path in asked.items():
        if str(path) == "-":
            raise UsageError(f"--{name} -", expected="a file to write to", advice="./- is one.")
        check_folder(path.parent, [path.name])
        why = taken.setdefault(_real(path), f"is that of --{name} as well")
        if why != f"is that of --{name} as well":
            raise UsageError(f"--{name} {path} {why}", expected="a file of its own")
    if "parquet" in asked:
        check_parquet()


def draw_outputs(
    options: argparse.Namespace,
    record: Mapping[str, Any],
    findings: Findings | None = None,
    files: Sequence[str] | None = None,
    *,
    refused: bool = False,
) -> dict[Path, Writer | None]:
    """Say how to write the files that were asked for, of a record's verdict and of samples.

    Tables of samples are of ``findings``, and name the pictures among ``files`` (N,) of the data.
    Where a verdict is ``refused``, there is to be no file that a host would read one from:
    ``None``. What can go wrong in drawing does so here, before any result is written.
    """
    writers: dict[Path, Writer | None] = {}
    for name, path in asked_for(options).items():
        if name == "margin-threshold":
            known = findings and margin_threshold(findings.audit_record)
            writers[path] = partial(_write, known) if known else None
            continue
        if name in _REPORTS:
            content = None if refused else draw(_REPORTS[name], record).encode()
            writers[path] = None if content is None else partial(_write, content)
        elif findings is not None:
            writers[path] = partial(_TABLES[name], sample_columns(findings, files))
    return writers


def write_outputs(writers: Mapping[Path, Writer | None]) -> list[Path]:
    """Write files, each whole or not at all; give their paths.

    Those that there is nothing to write to are removed: what an earlier run left would pass
    for what this one says.
    """
    written = []
    for path, write in writers.items():
        if write is None:
            path.unlink(missing_ok=True)
        else:
            written += write_files(path.parent, {path.name: write})
    return written


def draw(name: str, record: Mapping[str, Any]) -> str:
    """Draw a record by the report of a name; raises UsageError where it draws no comparisons."""
    report = report_named(name)
    render = report.compare if record.get("kind") == "comparison" else report.render
    if render is None:
        raise UsageError(f"the report {name} has no form for comparisons")
    return render(record, TextLayout())


def tell_host(record: Mapping[str, Any]) -> None:
    """Tell GitHub, where this runs in a job of it: a summary of the step, and annotations.

    That they cannot be told is no reason for a job to fail.
    """
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        try:
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(draw("summary", record) + "\n")
        except OSError as error:
            sys.stderr.write(f"robaudit: no summary of the step: {error.strerror or error}\n")
    if os.environ.get("GITHUB_ACTIONS") == "true":
        sys.stderr.write(draw("annotations", record))


def _write(content: bytes, file: Any) -> None:
    file.write(content)


def _real(path: Path) -> Path:
    return path.absolute().resolve()
