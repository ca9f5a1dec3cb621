"""The benchmark of the search: the command, and what its documentation shows. Nothing is timed."""

import doctest
import json
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks.search import figures, tables
from benchmarks.search.__main__ import main


@pytest.mark.parametrize("module", [figures, tables])
def test_examples_in_docstrings_are_true(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0


def test_the_command_prints_tables_and_writes_all_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["mlp-torch", "--quick", "-o", str(tmp_path / "search.json")])
    printed = capsys.readouterr()
    assert "| mlp-torch | 79.4 k | 80 | 0 |" in printed.out
    assert "done" in printed.err
    numbers = json.loads((tmp_path / "search.json").read_text())
    assert [one["name"] for one in numbers["models"]] == ["mlp-torch"]
    assert "torch" in numbers["machine"]
    with pytest.raises(SystemExit, match="no such model"):
        main(["nothing-of-that-name"])
