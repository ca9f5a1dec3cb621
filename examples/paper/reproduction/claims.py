"""The statements of the paper, table by table, and what became of each on one data set."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from reproduction.agreement import Finding, Verdict, count_comparable, judge_difference, outside
from reproduction.answers import effect
from reproduction.compensation import differences
from reproduction.experiments import CENTER_SETS, PAPER_MODELS, TITLES
from reproduction.measures import Measures, Value
from reproduction.paper import paper_attacks, paper_centers, paper_numbers, paper_robustness
from reproduction.reasons import reason_for
from reproduction.rendering import number_text, sentence
from reproduction.settings import GRADIENT_ATTACKS, NOISES
from reproduction.spread import Cell, mean_cell, rank_correlation, scaled

Table = Mapping[str, Any]

AGREES_FROM = 0.648
"""Spearman's correlation of ten pairs that chance exceeds, either way, once in twenty times."""

_GROUPS = {"gradient attacks": GRADIENT_ATTACKS, "noise": NOISES}
_UNDER_ATTACK = (
    ("feedback", "original", "gradient attacks"),
    ("adversarial", "feedback", "gradient attacks"),
    ("feedback", "original", "noise"),
    ("feedback", "adversarial", "noise"),
    ("adversarial", "original", "noise"),
)


def findings(measures: Measures, tables: Mapping[str, Table]) -> list[Finding]:
    """Judge all statements of the paper on a data set; none of one that is not the paper's."""
    dataset = measures.setting.dataset
    if not paper_numbers(dataset):
        return []
    found = [
        numbers("Table I", tables["table-1"]),
        most_frequent(tables["table-1"]),
        *_centers(measures, tables["table-2"]),
        numbers("Table III", tables["table-3"]),
        *_under_attack(measures),
        numbers("R", tables["robustness"]),
        *_robustness(measures),
        *_class_robustness(tables["table-4"], len(measures.class_names)),
        *_curves(measures),
        _beyond_reach(measures),
    ]
    return [reason_for(measures.setting, tables, one) for one in found]


def numbers(where: str, table: Table) -> Finding:
    """Say which of the paper's numbers lie inside our intervals, and on which side the others."""
    one_row, one_column = len(table["rows"]) == 1, len(table["columns"]) == 1
    names, cells = [], []
    for row in table["rows"]:
        for column, cell in zip(table["columns"], row["cells"], strict=True):
            names.append(
                column if one_row else row["name"] if one_column else f"{column} ({row['name']})"
            )
            cells.append(cell)
    places, count = outside(cells), count_comparable(cells)
    sides = {
        "below": [names[place] for place in places if cells[place]["paper"] < cells[place]["low"]],
        "above": [names[place] for place in places if cells[place]["paper"] > cells[place]["high"]],
    }
    text = f"The paper's number lies inside our interval for {count - len(places)} of {count}"
    for side, some in sides.items():
        if some:
            text += f"; {side} it for {', '.join(some)}"
    verdict: Verdict = "open" if not count else "not reproduced" if places else "reproduced"
    return Finding(where, "its numbers", verdict, sentence(text) if count else "No intervals.")


def most_frequent(table: Table) -> Finding:
    """Judge which class most rays end in: open where the intervals of both classes overlap."""
    cells, names = table["rows"][0]["cells"][:-1], table["columns"]
    paper = int(np.argmax([cell["paper"] for cell in cells]))
    ours = int(np.argmax([cell["value"] for cell in cells]))
    apart = cells[ours]["low"] is not None and cells[paper]["high"] < cells[ours]["low"]
    verdict: Verdict = "reproduced" if ours == paper else "not reproduced" if apart else "open"
    return Finding(
        "Table I",
        f"most rays end in {names[paper]}",
        verdict,
        f"Here most end in {names[ours]}.",
        central=True,
    )


def difference(
    where: str,
    claim: str,
    values: Sequence[Value],
    paper: float | None,
    sign: float,
    *,
    unit: str = "points",
    central: bool = False,
) -> Finding:
    """Judge the difference of two models, seed by seed, of which the paper says the ``sign``.

    It is told as the claim is: of the model that the paper has above, less the other.
    """
    way = 1.0 if sign > 0 else -1.0
    cell = mean_cell([scaled(value, way) for value in values], scaled(paper, way))
    cell["unit"] = unit
    text = f"Ours, paired: {effect(cell)}"
    if paper is not None:
        text += f"; the paper's: {effect({**cell, 'value': cell['paper'], 'low': None})}"
    return Finding(where, claim, judge_difference(cell), f"{text}.", central=central)


def _pair(first: str, second: str, paper: float) -> tuple[str, str]:
    """Name the two models in the paper's order."""
    one, other = TITLES[first], TITLES[second]
    return (one, other) if paper > 0 else (other, one)


def _centers(measures: Measures, table: Table) -> list[Finding]:
    dataset, classes = measures.setting.dataset, len(measures.class_names)
    gray = measures.setting.gray_levels
    if not paper_numbers(dataset)["class_centers"]:
        return []
    found = [numbers("Table II", table)]
    for found_in in CENTER_SETS:
        for first, second in combinations(PAPER_MODELS, 2):
            means = [paper_centers(dataset, found_in, one, classes)[-2] for one in (first, second)]
            paper = (means[0] or 0.0) - (means[1] or 0.0)
            more, less = _pair(first, second, paper)
            values = [
                scaled(_average(one[first][found_in]) - _average(one[second][found_in]), gray)
                for one in measures.centers
            ]
            found.append(
                difference(
                    "Table II",
                    f"{more} above {less} in the margins of {TITLES[found_in]}'s centre images",
                    values,
                    paper,
                    paper,
                    unit="change",
                    central="feedback" in (first, second),
                )
            )
    return found


def _average(values: Sequence[Value]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known)


def _under_attack(measures: Measures) -> list[Finding]:
    found = []
    for first, second, group in _UNDER_ATTACK:
        table = [paper_attacks(measures.setting.dataset, name) for name in _GROUPS[group]]
        paper = float(np.mean([row[first] - row[second] for row in table]))
        more, less = _pair(first, second, paper)
        found.append(
            difference(
                "Table III",
                f"{more} above {less} under {group}",
                differences(measures, first, second, group),
                paper,
                paper,
                central=True,
            )
        )
    return found


def _robustness(measures: Measures) -> list[Finding]:
    found = []
    for first, second in combinations(PAPER_MODELS, 2):
        values = [paper_robustness(measures.setting.dataset, one) for one in (first, second)]
        paper = (values[0] or 0.0) - (values[1] or 0.0)
        more, less = _pair(first, second, paper)
        found.append(
            difference(
                "R",
                f"{more} above {less} in R",
                differences(measures, first, second, "R"),
                paper,
                paper,
                unit="change",
                central="feedback" in (first, second),
            )
        )
    return found


def _class_robustness(table: Table, classes: int) -> list[Finding]:
    found = []
    for row in table["rows"]:
        cells: Sequence[Cell] = row["cells"][:classes]
        correlation = rank_correlation(
            [cell["value"] for cell in cells], [cell["paper"] for cell in cells]
        )
        if correlation is None:
            continue
        found.append(
            Finding(
                "Table IV",
                f"the order of the classes by R_i of {row['name']}",
                "reproduced" if correlation >= AGREES_FROM else "not reproduced",
                f"Rank correlation with the paper's: {number_text(correlation, 'number')}; "
                f"chance exceeds {AGREES_FROM} once in twenty times, either way.",
                central=row["name"] in (TITLES["original"], TITLES["feedback"]),
            )
        )
    return found


def _curves(measures: Measures) -> list[Finding]:
    """Judge what Section V says of Fig. 3, which is on MNIST alone."""
    if measures.setting.dataset != "mnist":
        return []
    found = []
    for place, strength in enumerate(measures.setting.strengths):
        claims = [("feedback", "adversarial", strength > 0.4)] if strength != 0.4 else []
        claims += [("original", "adversarial", True)] if strength == 0.5 else []
        for first, second, above in claims:
            sign = 1.0 if above else -1.0
            more, less = _pair(first, second, sign)
            values = [
                one.curve[place] - other.curve[place]
                for one, other in zip(measures.models[first], measures.models[second], strict=True)
            ]
            claim = f"{more} above {less} under FGSM of {strength:g}"
            found.append(
                difference("Fig. 3", claim, values, None, sign, central=strength in (0.3, 0.5))
            )
    return found


def _beyond_reach(measures: Measures) -> Finding:
    return difference(
        "Fig. 4",
        "after feedback learning more rays stay within their class",
        differences(measures, "feedback", "original", "rays that do not cross"),
        None,
        1.0,
    )
