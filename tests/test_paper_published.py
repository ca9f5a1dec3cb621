"""The published results of the reproduction: documents and README say what the numbers say."""

import json
import re
import sys

from .conftest import EXAMPLES, ROOT

sys.path.append(str(EXAMPLES / "paper"))

from reproduction.rendering import render_html, render_markdown, render_pictures

PUBLISHED = ROOT / "docs" / "paper"


def test_the_results_in_docs_are_drawn_from_their_numbers() -> None:
    results = json.loads((PUBLISHED / "paper.json").read_text(encoding="utf-8"))
    drawn = {
        **render_pictures(results),
        "paper.html": render_html(results),
        "paper.md": render_markdown(results, lambda name: f"{name}.svg"),
    }
    kept = {one.name for one in PUBLISHED.iterdir()} - {"paper.json"}
    assert kept == set(drawn)
    for name, text in drawn.items():
        assert (PUBLISHED / name).read_text(encoding="utf-8") == text, name


def test_the_numbers_in_the_readme_are_those_of_the_results() -> None:
    document = (PUBLISHED / "paper.md").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (headline,) = re.findall(r"^### On the paper\'s own ground\n(.*?)(?=^##)", readme, re.M | re.S)
    numbers = re.findall(r"\d+\.\d%", headline)
    assert len(numbers) >= 6
    for number in numbers:
        assert number in document, number
