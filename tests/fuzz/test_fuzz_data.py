"""Mutated data, settings and records end well or by a clear error."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.cases import make_case
from tests.fuzz.formats import DATA, make_seeds
from tests.fuzz.table import BEGINS, ENDS, make_table, put_table
from tests.support.fuzz import fuzz
from tests.support.paths import ROOT


def test_mutated_data_end_well_or_clearly(tmp_path: Path) -> None:
    fuzz(DATA, 150, 1, tmp_path)


def test_a_case_is_the_same_again() -> None:
    """In another process too, in which texts have other hashes."""
    script = (
        "from tests.fuzz.cases import make_case; from tests.fuzz.formats import make_seeds\n"
        "import hashlib; seeds = make_seeds(['settings', 'labels', 'onnx'])\n"
        "cases = [make_case(name, n, seeds) for name in seeds for n in range(40)]\n"
        "print(hashlib.sha256(repr(cases).encode()).hexdigest())"
    )
    one, other = (
        subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True
        ).stdout
        for _ in range(2)
    )
    assert one == other


def test_most_cases_are_not_what_they_were() -> None:
    seeds = make_seeds(["npz"])
    contents = {make_case("npz", number, seeds).files["d.npz"] for number in range(100)}
    assert len(contents) > 90


def test_a_table_lies_between_its_marks(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text(f"before\n{BEGINS}\nold\n{ENDS}\nafter\n")
    table = make_table([("npz", "hang"), ("npz", "success")], ["npz"])
    put_table(document, table)
    put_table(document, table)
    assert document.read_text() == f"before\n{BEGINS}\n{table}{ENDS}\nafter\n"
    document.write_text("no marks")
    with pytest.raises(ValueError, match="unpack"):
        put_table(document, table)
