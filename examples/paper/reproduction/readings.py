"""What tables say, in sentences that are made from their numbers."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from reproduction.rendering import number_text, sentence
from reproduction.settings import GRADIENT_ATTACKS
from reproduction.spread import Cell, rank_correlation

Rows = Sequence[Mapping[str, Any]]


def read_adjacent(cells: Sequence[Cell], names: Sequence[str]) -> list[str]:
    """Say which classes attract rays, and whether they are those of the paper."""
    ours = [cell["value"] for cell in cells[:-1]]
    paper = [cell["paper"] for cell in cells[:-1]]
    most, least = (_places(ours, names, most=most) for most in (True, False))
    found = [f"Most crossings end in {most}, fewest in {least}."]
    if None not in paper:
        most, least = (_places(paper, names, most=most) for most in (True, False))
        found.append(f"In the paper: most in {most}, fewest in {least}.")
        found += _agreement(ours, paper, "the shares of the classes")
    return found


def read_centers(rows: Rows) -> list[str]:
    """Say on which model class centre images have the largest margins."""
    found = []
    for part in (rows[:4], rows[4:]):
        names = [row["name"].partition(", on ")[2] for row in part]
        ours, paper = ([row["cells"][-2][which] for row in part] for which in ("value", "paper"))
        text = f"{part[0]['name'].partition(',')[0]}: mean margins {order_text(names, ours)}"
        if None not in paper:
            text += f"; in the paper {order_text(names, paper)}"
        found.append(sentence(text))
    return found


def read_attacks(rows: Rows, names: Sequence[str]) -> list[str]:
    """Say under how many attacks feedback learning and adversarial training are ahead."""
    places = {name: place for place, name in enumerate(names)}
    groups = {
        "gradient attacks": rows[: len(GRADIENT_ATTACKS)],
        "kinds of noise": rows[len(GRADIENT_ATTACKS) :],
    }
    found = []
    for first, second, title in (
        ("feedback", "original", "F.L. holds better than Ori."),
        ("adversarial", "feedback", "Adv. holds better than F.L."),
    ):
        pair = places[first], places[second]
        parts = []
        for group, some in groups.items():
            text = f"under {_wins(some, pair, 'value')} of {len(some)} {group}"
            if None not in [row["cells"][place]["paper"] for row in some for place in pair]:
                text += f" (paper: {_wins(some, pair, 'paper')})"
            parts.append(text)
        found.append(sentence(f"{title} {' and '.join(parts)}"))
    return found


def read_robustness(rows: Rows) -> list[str]:
    """Say in which order the models come by R."""
    names = [row["name"] for row in rows]
    ours, paper = ([row["cells"][0][which] for row in rows] for which in ("value", "paper"))
    found = [sentence(f"By R: {order_text(names, ours)}")]
    if None not in paper:
        found.append(sentence(f"In the paper: {order_text(names, paper)}"))
    return found


def read_class_robustness(rows: Rows, classes: int) -> list[str]:
    """Say how far the order of the classes is the paper's, and what retraining does to it."""
    found = []
    for row in rows:
        ours, paper = (
            [cell[which] for cell in row["cells"][:classes]] for which in ("value", "paper")
        )
        if None not in paper:
            found += _agreement(ours, paper, f"R_i of {row['name']}")
    original = [cell["value"] for cell in rows[0]["cells"][:classes]]
    for row in rows[1:]:
        after = [cell["value"] for cell in row["cells"][:classes]]
        correlation = rank_correlation(original, after)
        if correlation is not None:
            found.append(
                f"The order of the classes in {row['name']} against that in {rows[0]['name']}: "
                f"rank correlation {number_text(correlation, 'number')}."
            )
    return found


def _agreement(ours: Sequence[float | None], paper: Sequence[float | None], what: str) -> list[str]:
    correlation = rank_correlation(ours, paper)
    if correlation is None:
        return []
    return [f"Rank correlation of {what} with the paper's: {number_text(correlation, 'number')}."]


def _places(values: Sequence[float | None], names: Sequence[str], *, most: bool) -> str:
    known = [(value, name) for value, name in zip(values, names, strict=True) if value is not None]
    chosen = sorted(known, key=lambda pair: pair[0], reverse=most)[:3]
    return ", ".join(name for _, name in chosen)


def order_text(names: Sequence[str], values: Sequence[float | None]) -> str:
    """Write an order, the largest first; values that are displayed alike have none."""
    known = [(value, name) for value, name in zip(values, names, strict=True) if value is not None]
    ordered = sorted(known, key=lambda pair: -pair[0])
    text = ordered[0][1] if ordered else ""
    for (before, _), (value, name) in pairwise(ordered):
        alike = number_text(before, "number") == number_text(value, "number")
        text += f" {'=' if alike else '>'} {name}"
    return text


def _wins(rows: Rows, pair: tuple[int, int], which: str) -> int:
    first, second = pair
    return sum(
        row["cells"][first][which] > row["cells"][second][which]
        for row in rows
        if None not in (row["cells"][first][which], row["cells"][second][which])
    )
