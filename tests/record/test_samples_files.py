"""Tables of samples in files: read back as they were, and harmless to what opens them."""

import builtins
import csv
import io
from typing import Any

import pytest

from robaudit.errors import MissingDependencyError
from robaudit.record.samples import Column
from robaudit.record.samples_files import check_parquet, write_csv, write_parquet

COLUMNS = [
    Column("row", "integer", [0, 1, 2]),
    Column("file", "text", ["a, b.png", None, '"é\u2713".png']),
    Column("margin", "number", [0.1, 1 / 3, 2.0]),
    Column("pgd.success", "boolean", [True, False, None]),
    Column("pgd.distance", "number", [0.0, None, None]),
]


def test_csv_is_read_back() -> None:
    file = io.BytesIO()
    write_csv(COLUMNS, file)
    head, *rows = csv.reader(io.StringIO(file.getvalue().decode(), newline=""))
    assert head == [column.name for column in COLUMNS]
    assert rows == [
        ["0", "a, b.png", "0.1", "true", "0.0"],
        ["1", "", str(1 / 3), "false", ""],
        ["2", '"é\u2713".png', "2.0", "", ""],
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "\uff1d"])
def test_no_text_is_a_formula(start: str) -> None:
    text = f'{start}HYPERLINK("http://x","y")'
    file = io.BytesIO()
    write_csv([Column("file", "text", [text]), Column("n", "number", [-1.5])], file)
    _, (cell, number) = csv.reader(io.StringIO(file.getvalue().decode(), newline=""))
    assert cell == f"'{text}"
    assert number == "-1.5"


def test_parquet_is_read_back() -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow")
    file = io.BytesIO()
    write_parquet(COLUMNS, file)
    table = parquet.read_table(io.BytesIO(file.getvalue()))
    assert table.to_pydict() == {column.name: list(column.values) for column in COLUMNS}
    assert [str(field.type) for field in table.schema] == [
        *("int64", "string", "double", "bool", "double")
    ]


def test_parquet_keeps_the_types_of_columns_without_values() -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow")
    file = io.BytesIO()
    write_parquet([Column("file", "text", [None]), Column("label", "integer", [None])], file)
    schema = parquet.read_schema(io.BytesIO(file.getvalue()))
    assert [str(field.type) for field in schema] == ["string", "int64"]


def test_without_pyarrow_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = builtins.__import__

    def without(name: str, *arguments: Any, **named: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ModuleNotFoundError(name=name)
        return usual(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingDependencyError, match=r"robaudit\[parquet\]"):
        check_parquet()
