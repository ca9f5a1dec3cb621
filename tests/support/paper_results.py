"""Results of the reproduction, made up to be hard to draw, and what to read of them."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from reproduction.rendering import cell_text
from reproduction.rendering.cells import number_text

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


class PageTables(HTMLParser):
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
