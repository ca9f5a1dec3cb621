"""Beyond the paper: whether there is one model with Adv.'s virtue and F.L.'s."""

from collections.abc import Mapping, Sequence
from typing import Any

from reproduction.answers import effect
from reproduction.compensation import differences
from reproduction.experiments import BEYOND, CONTROLS, PAPER_MODELS, TITLES
from reproduction.figures import fgsm_curves
from reproduction.measures import Measures, Value
from reproduction.rendering import number_text, sentence
from reproduction.spread import Cell, mean_cell
from reproduction.tables import overview_of

Section = dict[str, Any]
Behind = Mapping[str, tuple[Sequence[Value], Sequence[Value]]]

KEEPS = 0.01
"""A way keeps a virtue where it is no further behind."""

_CANDIDATES = ("adversarial", "feedback", *BEYOND)


def beyond_part(measures: Measures, title: str) -> Section:
    """Make the table and the figure of all ways on one data set."""
    some = measures.first(measures.setting.beyond_seeds, (*PAPER_MODELS, CONTROLS[0], *BEYOND))
    table = overview_of(
        some, list(some.models), f"{measures.setting.dataset}-beyond", f"{title}: all ways"
    )
    table["reading"] = best_of_both(some)
    figure = fgsm_curves(some, _CANDIDATES, f"{measures.setting.dataset}-beyond-figure")
    figure["title"] = f"{title}: accuracy against the strength of FGSM"
    return {"title": title, "tables": [table], "figures": [figure]}


def best_of_both(measures: Measures) -> list[str]:
    """Answer whether a way has both virtues, and which is nearest; the first sentence says it.

    Yes, where a way's whole intervals are within `KEEPS` in both, made wider for so many ways to
    be picked from (Bonferroni). No, where an interval of each way, 95% as they are printed, is
    beyond it as a whole. Else, and with one seed, which has no interval, it is open.
    """
    behind = {name: _behind(measures, name) for name in _CANDIDATES}
    means = {name: tuple(_mean(one) for one in both) for name, both in behind.items()}
    nearest = max(_CANDIDATES, key=lambda name: sum(means[name]))
    said = [
        f"{TITLES[name]}: {effect(mean_cell(attacked))} points against Adv. under gradient "
        f"attacks, {effect(mean_cell(noisy))} against F.L. under noise; together "
        f"{effect(_together(behind[name]))}."
        for name, (attacked, noisy) in behind.items()
    ]
    rule = "by the sum of both differences, Adv. and F.L. among the candidates, nearest to both is"
    return [
        sentence(f"{_answer(behind, measures.seeds)}; in the mean, {rule} {TITLES[nearest]}"),
        *_by_accuracy(measures, nearest, behind),
        *said,
    ]


def _answer(behind: Behind, seeds: int) -> str:
    points = number_text(KEEPS, "points").lstrip("+")
    titles = {name: TITLES[name] for name in BEYOND}
    if seeds == 1:
        within = [titles[name] for name in BEYOND if min(map(_mean, behind[name])) >= -KEEPS]
        found = ", ".join(within) or "none of the new ways"
        return f"Open, since one seed has no interval; within {points} point of both here: {found}"
    coverage = 1 - 0.05 / len(BEYOND)
    if keep := [titles[name] for name in BEYOND if _whole(behind[name], coverage, within=True)]:
        return f"Yes: {', '.join(keep)} ({seeds} seeds, paired)"
    left = [titles[name] for name in BEYOND if not _whole(behind[name], 0.95, within=False)]
    if left:
        return f"Open: nothing is shown for or against {', '.join(left)} ({seeds} seeds, paired)"
    return f"No: none of the new ways is within {points} point of both ({seeds} seeds, paired)"


def _whole(both: tuple[Sequence[Value], Sequence[Value]], coverage: float, *, within: bool) -> bool:
    """Tell whether both intervals are within `KEEPS` as a whole, or else one of them beyond it."""
    known = [
        one
        for one in (mean_cell(each, coverage=coverage) for each in both)
        if one["low"] is not None
    ]
    if within:
        return len(known) == len(both) and all(cell["low"] >= -KEEPS for cell in known)
    return any(cell["high"] < -KEEPS for cell in known)


def _by_accuracy(measures: Measures, nearest: str, behind: Behind) -> list[str]:
    """Say what the second criterion, accuracy, gives: the nearest way that has more of it."""
    gains = {
        name: mean_cell(differences(measures, name, nearest, "accuracy"))
        for name in _CANDIDATES
        if name != nearest
    }
    better = [name for name, cell in gains.items() if cell["value"] > 0]
    if not better:
        return []
    best = max(better, key=lambda name: _together(behind[name])["value"])
    loss = mean_cell(
        [
            one - other
            for one, other in zip(_sums(behind[best]), _sums(behind[nearest]), strict=True)
        ]
    )
    return [
        "Accuracy without an attack is a second criterion, not part of the rule: of what is more "
        f"accurate than {TITLES[nearest]}, nearest to both is {TITLES[best]}, by "
        f"{effect(gains[best])} points of accuracy at {effect(loss)} in both together."
    ]


def _behind(measures: Measures, name: str) -> tuple[Sequence[Value], Sequence[Value]]:
    """Give the differences to Adv. under gradient attacks and to F.L. under noise, by seed."""
    return (
        differences(measures, name, "adversarial", "gradient attacks"),
        differences(measures, name, "feedback", "noise"),
    )


def _together(both: tuple[Sequence[Value], Sequence[Value]]) -> Cell:
    return mean_cell(_sums(both))


def _sums(both: tuple[Sequence[Value], Sequence[Value]]) -> list[float]:
    return [(one or 0.0) + (other or 0.0) for one, other in zip(*both, strict=True)]


def _mean(values: Sequence[Value]) -> float:
    found: float = mean_cell(values)["value"]
    return found


def beyond_section(parts: Sequence[Section]) -> Section | None:
    """Put together what goes beyond the paper on each data set."""
    if not parts:
        return None
    answers = [f"{part['title']}. {part['tables'][0]['reading'][0]}" for part in parts]
    return {
        "id": "beyond",
        "title": "Beyond the paper",
        "what": [
            "Is there one model that keeps Adv.'s accuracy under gradient attacks and F.L.'s under "
            "noise? Five ways were tried, all on the same seeds: several rounds of search and "
            "retraining; examples along the gradients of each chosen sample besides the random "
            "ones; feedback learning on top of Adv.; going on with adversarial training with "
            "F.L.'s examples among the images, all of which are attacked; and the same where "
            "half of each batch is attacked and the other half left as it is.",
            *answers,
        ],
        "settings": [],
        "tables": [table for part in parts for table in part["tables"]],
        "figures": [figure for part in parts for figure in part["figures"]],
    }
