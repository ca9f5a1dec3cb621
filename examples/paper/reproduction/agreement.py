"""Where our numbers agree with the paper's, and where not: judged, not told by hand.

A claim of the paper is a difference between two models. With our interval of the same
difference, paired by seed, it is

- *reproduced* where the interval lies wholly on the paper's side of zero,
- *not reproduced* where it lies wholly on the other side, or holds zero and excludes the
  paper's difference where the paper gives one,
- *open* else, and always for one seed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from reproduction.rendering import sentence
from reproduction.spread import Cell

Verdict = Literal["reproduced", "not reproduced", "open"]


@dataclass(frozen=True)
class Finding:
    """What became of one statement of the paper.

    ``where`` is its table or figure, ``claim`` the statement in a few words, ``text`` what
    was found, ``reason`` a likely one where it differs. ``central`` ones are in the summary.
    """

    where: str
    claim: str
    verdict: Verdict
    text: str
    reason: str = ""
    central: bool = False


def judge_difference(cell: Cell) -> Verdict:
    """Judge a paired difference that is above zero in the paper, by how much may be unknown.

    >>> judge_difference({"value": 2.0, "low": 1.0, "high": 3.0, "paper": None})
    'reproduced'
    >>> judge_difference({"value": 0.0, "low": -7.0, "high": 7.0, "paper": 46.0})
    'not reproduced'
    >>> judge_difference({"value": 0.0, "low": -7.0, "high": 7.0, "paper": None})
    'open'
    """
    low, high = cell["low"], cell["high"]
    if low is None:
        return "open"
    if low > 0 or high < 0:
        return "reproduced" if low > 0 else "not reproduced"
    known = cell["paper"]
    return "open" if known is None or low <= known <= high else "not reproduced"


def outside(cells: Sequence[Cell]) -> list[int]:
    """List the places where the paper's number lies outside our interval."""
    return [
        place
        for place, cell in enumerate(cells)
        if _comparable(cell) and not cell["low"] <= cell["paper"] <= cell["high"]
    ]


def count_comparable(cells: Sequence[Cell]) -> int:
    """Count the numbers that have both an interval of ours and one of the paper."""
    return sum(map(_comparable, cells))


def _comparable(cell: Cell) -> bool:
    return cell.get("paper") is not None and cell["low"] is not None


def in_words(title: str, findings: Sequence[Finding]) -> str:
    """Say of a data set which central claims are reproduced, which not, and which are open."""
    parts = []
    for verdict in ("reproduced", "not reproduced", "open"):
        claims = [one.claim for one in findings if one.central and one.verdict == verdict]
        if claims:
            parts.append(sentence(f"{verdict.capitalize()}: {'; '.join(claims)}"))
    return f"{title}. {' '.join(parts)}" if parts else ""


def as_rows(findings: Sequence[Finding]) -> list[Mapping[str, Any]]:
    """Give findings as plain values, for the record."""
    return [
        {
            "where": one.where,
            "claim": one.claim,
            "verdict": one.verdict,
            "text": " ".join(filter(None, (one.text, one.reason))),
        }
        for one in findings
    ]
