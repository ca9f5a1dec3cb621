"""The published results of the reproduction: documents and README say what the numbers say."""

import json
import re
import sys
from typing import Any

import pytest

from tests.support.paths import EXAMPLES, ROOT

sys.path.append(str(EXAMPLES / "paper"))

from reproduction.answers import is_shown
from reproduction.headline import cells_of, headline
from reproduction.rendering import cell_text, render_html, render_markdown, render_pictures

PUBLISHED = ROOT / "docs" / "paper"


@pytest.fixture(scope="module")
def results() -> Any:
    return json.loads((PUBLISHED / "paper.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def readme() -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"^### On the paper\'s own ground\n(.*?)(?=^##)", text, re.M | re.S)
    return str(found)


def test_the_results_in_docs_are_drawn_from_their_numbers(results: Any) -> None:
    drawn = {
        **render_pictures(results),
        "paper.html": render_html(results),
        "paper.md": render_markdown(results, lambda name: f"{name}.svg"),
    }
    kept = {one.name for one in PUBLISHED.iterdir()} - {"paper.json"}
    assert kept == set(drawn)
    for name, text in drawn.items():
        assert (PUBLISHED / name).read_text(encoding="utf-8") == text, name


def test_the_table_in_the_readme_is_that_of_the_results(results: Any, readme: str) -> None:
    """Row by row; `reproduction.headline` writes it."""
    lines = [line for line in readme.splitlines() if line.startswith("|")]
    assert lines[2:] == list(headline(results))


def test_the_order_that_the_readme_tells_is_that_of_the_results(results: Any, readme: str) -> None:
    text = " ".join(readme.split())
    assert "F.L. holds best of these four under noise, Adv. under gradient attacks" in text
    assert "on MNIST Adv. does not fall below Ori. under noise" in text
    found = list[float]()
    for section in results["datasets"]:
        found += compensations(section["tables"])
        cells = cells_of(section["tables"], "overview")
        names = ("Ori.", "Adv.", "F.L.", "Continued")
        value = {place: cell["value"] for place, cell in cells.items()}
        assert max(names, key=lambda one: value[one, "noise"]) == "F.L."
        assert max(names, key=lambda one: value[one, "gradient attacks"]) == "Adv."
        assert min(names, key=lambda one: value[one, "accuracy"]) == "Adv."
        if section["id"] == "mnist":
            assert cells["Adv.", "noise"]["high"] >= cells["Ori.", "noise"]["low"]
    assert not any(found)
    assert f"of {len(found)} differences that were looked at, none is told from chance" in text


def compensations(tables: Any) -> list[float]:
    """Give what compensation adds, in both comparisons; 0 where that is not shown."""
    (table,) = (one for one in tables if one["id"] == "compensation")
    looked_at = [*(name for name in table["columns"] if name.startswith("margin")), "R", "Gini"]
    return [
        cell["value"] if is_shown(cell) else 0.0
        for row in table["rows"][:2]
        for name, cell in zip(table["columns"], row["cells"], strict=True)
        if name in looked_at
    ]


def test_the_numbers_in_the_guide_to_hardening_are_those_of_the_results(results: Any) -> None:
    """The last bullet: F.L. on Adv. against both, under attacks and noise, on both data sets."""
    text = (ROOT / "docs" / "hardening.md").read_text(encoding="utf-8")
    bullet = text[text.rindex("\n- ") :]
    columns, expected = ("gradient attacks", "noise"), list[str]()
    for dataset in ("mnist", "cifar10"):
        cells = cells_of(results["beyond"]["tables"], f"{dataset}-beyond")
        for name in ("F.L. on Adv.", "Adv.", "F.L."):
            shown = [{**cells[name, column], "low": None} for column in columns]
            expected += [cell_text(one, "share") for one in shown]
    assert re.findall(r"\d+\.\d+%", bullet) == expected
