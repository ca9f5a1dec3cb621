"""The reproduction's documents all say what its results say, each number in the same words."""

import copy
import html
import re
import sys
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.support.browser import chromium, fits, page_of, poor_contrasts
from tests.support.paths import EXAMPLES

sys.path.append(str(EXAMPLES / "paper"))

from reproduction.rendering import (
    cell_text,
    curves,
    heatmaps,
    render_html,
    render_markdown,
    render_pictures,
)
from reproduction.rendering.cells import cell_parts, duration, number_text
from robaudit_report import svg

NASTY = "<b>cat</b> | *dog* & [a](b) \x1b[2J"
READABLE = NASTY.replace("\x1b", "\ufffd")


def cell(value: float | None, *bounds: float, **others: Any) -> dict[str, Any]:
    low, high = bounds or (None, None)
    return {"value": value, "low": low, "high": high, "paper": None, **others}


ATTACKS = {
    "id": "table-3",
    "title": "Table III: Accuracy under attack",
    "caption": "Budgets by a rule",
    "unit": "share",
    "columns": ["Ori.", NASTY],
    "rows": [
        {"name": "FGSM", "cells": [cell(0.512, 0.48, 0.54, paper=0.505), cell(0.0004)]},
        {"name": NASTY, "cells": [None, cell(None, paper=0.9, note=f"not run: {NASTY}")]},
        {"name": "text", "cells": [cell(None, text=NASTY), cell(None, note="another reason")]},
    ],
    "reading": [f"Read this: {NASTY}"],
}
ROBUSTNESS = {
    "id": "robustness",
    "title": "Model robustness",
    "caption": "",
    "unit": "number",
    "columns": [str(index) for index in range(7)],
    "rows": [{"name": "R", "cells": [cell(10.0**index, paper=2035.13) for index in range(-3, 4)]}],
    "reading": [],
}
CURVES: dict[str, Any] = {
    "id": "figure-3",
    "kind": "curves",
    "title": "Figure 3: Accuracy under FGSM",
    "caption": "Mean of three seeds",
    "x": {"title": "strength"},
    "y": {"title": "accuracy", "unit": "share"},
    "series": [
        {"name": "Ori.", "x": [0, 0.25], "y": [0.98, 0.31], "low": [0.9, 0.3], "high": [1, 0.4]},
        {"name": NASTY, "x": [0, 0.5], "y": [0.97, None], "low": None, "high": None},
    ],
    "reading": ["It falls."],
}
HEATMAPS = {
    "id": "figure-4",
    "kind": "heatmaps",
    "title": "Figure 4: Mean margins",
    "caption": "Grey where no ray went",
    "unit": "rms",
    "panels": [
        {
            "name": name,
            "matrix": [[None, 0.25], [0.381, None]],
            "rows": ["cat", NASTY],
            "columns": ["cat", NASTY],
        }
        for name in ("Ori.", "F.L.", NASTY)
    ],
    "reading": [],
}
RESULTS: dict[str, Any] = {
    "abstract": ["Which paper it is.", NASTY],
    "mixed": ["torch"],
    "wall_seconds": 3600.0,
    "title": f"A paper, {NASTY}",
    "command": "python reproduce.py --scale small\npython again.py",
    "when": "2026-11-23",
    "scale": "small",
    "machine": "2 CPU cores",
    "versions": {"robaudit": "0.1", "torch": "2.13"},
    "seconds": 5400,
    "summary": ["It helps by 3.1 points.", NASTY],
    "datasets": [
        {
            "id": name,
            "title": name.upper(),
            "what": ["A network is trained.", NASTY],
            "settings": [{"name": "search", "value": "1,500", "paper": NASTY, "why": "time"}],
            "seconds": 754,
            "seeds": [0, 1],
            "agreement": [
                {"where": "R", "claim": NASTY, "verdict": "open", "text": f"Found {NASTY}"}
            ],
            "tables": [ATTACKS, ROBUSTNESS],
            "figures": [CURVES, HEATMAPS],
        }
        for name in ("mnist", "cifar10")
    ],
    "beyond": {"title": "Beyond", "what": ["More."], "tables": [ROBUSTNESS], "figures": [CURVES]},
    "limits": ["Units are not given.", NASTY],
}


class _Page(HTMLParser):
    """Collect the tables of a page, each as its rows of texts; foot marks are left out."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.scopes: list[str | None] = []
        self.texts: list[str] = []
        self._skipping = False
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self._inside = True
            if tag == "th":
                self.scopes.append(dict(attrs).get("scope"))
        self._skipping = self._skipping or tag == "sup" or ("aria-hidden", "true") in attrs

    def handle_endtag(self, tag: str) -> None:
        self._skipping = self._skipping and tag not in ("sup", "i")
        self._inside = self._inside and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self._inside and not self._skipping:
            self.tables[-1][-1][-1] += data


@pytest.fixture(scope="module")
def page() -> str:
    return render_html(RESULTS)


@pytest.fixture(scope="module")
def markdown() -> str:
    return render_markdown(RESULTS, lambda name: f"{name}.svg")


def words(text: str) -> str:
    return " ".join(text.split())


def sections() -> Iterator[dict[str, Any]]:
    yield from RESULTS["datasets"]
    yield RESULTS["beyond"]


def expected_rows() -> Iterator[tuple[str, ...]]:
    """List the rows of all tables and heat maps, as `cell_text` writes them."""
    for section in sections():
        for table in section["tables"]:
            for row in table["rows"]:
                yield shown(row["name"], *(cell_text(one, table["unit"]) for one in row["cells"]))
        for figure in section["figures"]:
            for panel in figure.get("panels", ()):
                for name, values in zip(panel["rows"], panel["matrix"], strict=True):
                    yield shown(name, *(number_text(value, figure["unit"]) for value in values))


def shown(*cells: str) -> tuple[str, ...]:
    return tuple(words(one.replace("\x1b", "\ufffd")) for one in cells)


def test_the_page_has_every_row_with_the_same_numbers(page: str) -> None:
    parser = _Page()
    parser.feed(page)
    found = [shown(*row) for table in parser.tables for row in table]
    for row, count in Counter(expected_rows()).items():
        assert found.count(row) == count, row
    assert set(parser.scopes) == {"col", "row"}


def test_markdown_has_every_row_with_the_same_numbers(markdown: str) -> None:
    found = []
    for line in markdown.splitlines():
        if line.startswith("| "):
            cells = re.split(r"(?<!\\) \| ", line[2:-2])
            plain = [re.sub(r"<sup>\w+</sup>", "", one) for one in cells]
            paper = [re.sub(r" · \*(.+)\*$", r" · paper \1", one) for one in plain]
            found.append(shown(*(html.unescape(re.sub(r"\\(.)", r"\1", one)) for one in paper)))
    for row, count in Counter(expected_rows()).items():
        assert found.count(row) == count, row


def test_the_points_of_curves_are_in_a_table(page: str, markdown: str) -> None:
    parser = _Page()
    parser.feed(page)
    rows = [[words(one) for one in row] for table in parser.tables for row in table]
    assert ["0", "98.0% [90.0, 100.0]", "97.0%"] in rows
    assert ["0.25", "31.0% [30.0, 40.0]", "–"] in rows  # noqa: RUF001
    assert "| 0 | 98.0% [90.0, 100.0] | 97.0% |" in markdown


def test_a_changed_number_changes_every_document() -> None:
    other = copy.deepcopy(RESULTS)
    other["datasets"][1]["tables"][0]["rows"][0]["cells"][0]["value"] = 0.7654
    for text in (render_html(other), render_markdown(other, None)):
        assert "76.5%" in text
    assert "76.5%" not in render_html(RESULTS) + render_markdown(RESULTS, None)


def test_text_is_never_markup(page: str, markdown: str) -> None:
    assert "<b>cat" not in page
    assert "<b>cat" not in markdown
    assert "\x1b" not in page + markdown
    parser = _Page()
    parser.feed(page)
    assert sum(READABLE in text for text in parser.texts) > 20
    assert "| *dog*" not in markdown
    assert "[a](b)" not in markdown


def test_cells_without_a_number_say_why(page: str, markdown: str) -> None:
    note = html.escape(f"not run: {READABLE}", quote=False)
    assert f"<sup>a</sup> {note}" in page
    assert "<sup>b</sup> another reason." in page
    assert "<sup>a</sup> not run: &lt;b&gt;cat" in markdown
    assert "–<sup>a</sup> · *90.0%* |" in markdown  # noqa: RUF001


def test_italics_are_explained_where_there_are_any(markdown: str, page: str) -> None:
    told = "In italics: the paper's numbers."
    assert markdown.count(told) == 5
    assert html.unescape(page).count(told) == 5
    own = {**RESULTS, "beyond": None, "datasets": []}
    assert told not in render_markdown(own, None)


def test_a_table_may_say_itself_what_its_brackets_are() -> None:
    section = RESULTS["datasets"][0]
    table = {**ATTACKS, "brackets": "least and greatest"}
    results = {**RESULTS, "datasets": [{**section, "tables": [table], "figures": []}]}
    for text in (render_markdown(results, None), render_html(results)):
        assert "In brackets: least and greatest." in text
        assert "In brackets: 95% intervals." not in text.split("Beyond")[-2]


def test_the_abstract_comes_first_and_verdicts_are_listed(page: str, markdown: str) -> None:
    for text in (page, markdown):
        assert text.index("Which paper it is.") < text.index("It helps by 3.1 points.")
        assert "What was done differently" in text
        assert "Where it does not agree" not in text
        assert text.count("Agreement with the paper") >= 2
        assert "1 h 0 min, 1 h 30 min of work" in text
        assert "not all stages were done with the same torch" in text
    assert "| R | &lt;b&gt;cat" in markdown
    parser = _Page()
    parser.feed(page)
    rows = [shown(*row) for table in parser.tables for row in table]
    assert rows.count(shown("R", NASTY, "open", f"Found {NASTY}")) == 2


def test_every_figure_is_a_picture_of_well_formed_svg(markdown: str) -> None:
    pictures = render_pictures(RESULTS)
    names = {f"{one}-figure-{number}.svg" for one in ("mnist", "cifar10") for number in (3, 4)}
    assert set(pictures) == {*names, "beyond-figure-3.svg"}
    for name, text in pictures.items():
        root = ElementTree.fromstring(text)
        assert root.tag == f"{{{svg.NAMESPACE}}}svg"
        assert root.get("role") == "img"
        assert root[0].text
        assert root[1].text
        assert "var(" not in text
        assert f"]({name})" in markdown
    drawn = [one.text for one in ElementTree.fromstring(pictures["mnist-figure-4.svg"]).iter()]
    assert drawn.count("0.381") == drawn.count("0.250") == 3


def test_pictures_in_the_page_are_well_formed_and_named_once(page: str) -> None:
    found = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    assert len(found) == 2 * (1 + 3 + 1) + 1
    for one in found:
        ElementTree.fromstring(one)
    names = re.findall(r'\bid="([^"]+)"', page)
    assert len(names) == len(set(names))
    for target in re.findall(r'href="#([^"]+)"', page):
        assert target in names


def test_nothing_comes_from_elsewhere(page: str) -> None:
    for text in (page, *render_pictures(RESULTS).values()):
        assert set(re.findall(r'https?:[^"<\s]*', text)) <= {svg.NAMESPACE}
        assert "<script" not in text
        assert not re.search(r"@import|url\(|src=", text)


def test_results_may_lack_what_is_optional() -> None:
    least = {**RESULTS, "beyond": None, "limits": [], "summary": [], "datasets": [
        {"id": "mnist", "title": "MNIST", "what": []},
    ]}  # fmt: skip
    assert "MNIST" in render_html(least)
    assert "## MNIST" in render_markdown(least, None)
    assert render_pictures(least) == {}


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.505, "share", "50.5%"),
        (0.0002, "share", "0.02%"),
        (0.00001, "share", "<0.01%"),
        (0.0, "share", "0.0%"),
        (1, "share", "100.0%"),
        (36.15, "number", "36.2"),
        (2035.13, "number", "2,035"),
        (0.0074, "number", "0.007"),
        (0.0001, "number", "<0.001"),
        (-12.34, "number", "\N{MINUS SIGN}12.3"),
        (1500, "number", "1,500"),
        (0.38126, "rms", "0.381"),
        (-0.0123, "points", "\N{MINUS SIGN}1.2"),
        (0.0, "points", "0.0"),
        (None, "share", "\N{EN DASH}"),
    ],
)
def test_numbers_are_written_in_their_unit(value: float | None, unit: str, text: str) -> None:
    assert number_text(value, unit) == text
    assert cell_text({"value": value, "low": None, "high": None, "paper": None}, unit) == text


def test_an_interval_has_the_decimals_of_its_value() -> None:
    assert cell_parts(cell(0.0051, 0.001, 0.02), "share").interval == "[0.10, 2.00]"
    assert cell_text(cell(7.24, 0.5, 128.0), "number") == "7.24 [0.50, 128.00]"
    assert duration(59.7) == "1 min 0 s"


def test_values_can_be_read_on_every_colour_of_the_scale() -> None:
    black, white = 0.0, 1.0
    for step in range(101):
        behind = heatmaps._luminance(step / 100)
        text = white if behind < heatmaps._DARK else black
        low, high = sorted((behind, text))
        assert (high + 0.05) / (low + 0.05) >= 4.5


@pytest.mark.parametrize("ends", [[50.0, 51.0, 52.0], [235.0, 235.0, 234.0], [30.0, 30.0, 200.0]])
def test_names_beside_lines_keep_apart(ends: list[float]) -> None:
    placed = curves._spread(ends, 30, 235)
    assert all(30 <= one <= 235 for one in placed)
    gaps = [after - before for before, after in pairwise(sorted(placed))]
    assert min(gaps) >= curves._SPACING


def test_a_model_looks_the_same_in_every_figure() -> None:
    others = [
        {**one, "name": name} for one, name in zip(CURVES["series"], ("new", "Ori."), strict=True)
    ]
    results = {
        **RESULTS,
        "beyond": {**RESULTS["beyond"], "figures": [{**CURVES, "series": others}]},
    }
    for name, looks in (("mnist-figure-3", ["s0", "s1"]), ("beyond-figure-3", ["s2", "s0"])):
        drawn = render_pictures(results)[f"{name}.svg"]
        assert re.findall(r'<polyline[^>]*class="line (s\d)"', drawn) == looks


def test_ticks_are_round_and_inside() -> None:
    assert svg.ticks(0, 3, least=1.0) == [0, 1, 2, 3]
    assert svg.ticks(31.2, 39.5) == [32, 34, 36, 38]
    assert svg.ticks(5, 5) == [5]


def test_the_page_is_readable_on_a_phone_and_in_the_dark(page: str, tmp_path: Path) -> None:
    with chromium() as browser:
        for scheme, width in (("light", 1200), ("dark", 400)):
            with page_of(browser, page, tmp_path, scheme, width) as opened:
                assert fits(opened, width)
                # Blocks of colour in a picture are not seen by this: they have a test above.
                poor = poor_contrasts(opened)
                assert [one for one in poor if isinstance(one[0], str)] == []
