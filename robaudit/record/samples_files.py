"""Writing what was found of each sample: as CSV, and as Parquet."""

import csv
import io
from collections.abc import Sequence
from typing import IO, Any

from robaudit.record.samples import Column
from robaudit.requirements import Requirement, needs

_PARQUET = Requirement("pyarrow", "17", 'pip install "robaudit[parquet]"')
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def write_csv(columns: Sequence[Column], file: IO[bytes]) -> None:
    """Write a table as CSV (RFC 4180, UTF-8): true and false in words, nothing where there is none.

    Spreadsheets run text that begins as a formula does, whoever wrote it: such text gets an
    apostrophe in front.
    """
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    rows = csv.writer(text)
    rows.writerow([column.name for column in columns])
    written = [[_cell(value) for value in column.values] for column in columns]
    rows.writerows(zip(*written, strict=True))
    text.detach()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return without_formula(value)
    return value


def without_formula(text: str) -> str:
    """Keep a spreadsheet from running text.

    >>> without_formula("=1+1"), without_formula("a=1"), without_formula(" @SUM(1)")
    ("'=1+1", 'a=1', "' @SUM(1)")
    """
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def check_parquet() -> None:
    """Raise MissingDependencyError where Parquet cannot be written, before the work is done."""
    with needs([_PARQUET]):
        import pyarrow.parquet  # noqa: F401, PLC0415 - loaded only where it is asked for


def write_parquet(columns: Sequence[Column], file: IO[bytes]) -> None:
    """Write a table as Parquet, null where there is no value.

    Raises MissingDependencyError without pyarrow.
    """
    with needs([_PARQUET]):
        import pyarrow  # noqa: PLC0415 - loaded only where it is asked for
        import pyarrow.parquet  # noqa: PLC0415
    types = {
        "integer": pyarrow.int64(),
        "number": pyarrow.float64(),
        "boolean": pyarrow.bool_(),
        "text": pyarrow.string(),
    }
    arrays = [pyarrow.array(column.values, types[column.kind]) for column in columns]
    table = pyarrow.Table.from_arrays(arrays, names=[column.name for column in columns])
    pyarrow.parquet.write_table(table, file)
