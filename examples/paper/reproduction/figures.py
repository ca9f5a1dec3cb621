"""Fig. 3, accuracy against the strength of FGSM, and Fig. 4, mean margin matrices."""

from collections.abc import Sequence
from typing import Any

from reproduction.experiments import PAPER_MODELS, TITLES
from reproduction.measures import Measured, Measures, Value
from reproduction.spread import mean_cell

Figure = dict[str, Any]


def figures(measures: Measures) -> list[Figure]:
    """Make both figures of a data set."""
    return [fgsm_curves(measures, PAPER_MODELS, "figure-3"), margin_matrices(measures)]


def fgsm_curves(measures: Measures, names: Sequence[str], which: str) -> Figure:
    """Draw the accuracy of some models against the strength of FGSM."""
    strengths = measures.setting.strengths
    series = []
    for name in names:
        found = measures.models[name]
        cells = [mean_cell([one.attacked for one in found], bounds=(0.0, 1.0))]
        cells += [
            mean_cell([one.curve[place] for one in found], bounds=(0.0, 1.0))
            for place in range(len(strengths))
        ]
        low, high = ([cell[side] for cell in cells] for side in ("low", "high"))
        series.append(
            {
                "name": TITLES[name],
                "x": [0.0, *strengths],
                "y": [cell["value"] for cell in cells],
                "low": None if None in low else low,
                "high": None if None in high else high,
            }
        )
    return {
        "id": which,
        "kind": "curves",
        "title": "Fig. 3: accuracy against the strength of FGSM",
        "caption": measures.over_seeds,
        "x": {"title": "strength (L-infinity, share of the pixel range)"},
        "y": {"title": "accuracy", "unit": "share"},
        "series": series,
        "reading": _read_curves(series, strengths),
    }


def margin_matrices(measures: Measures) -> Figure:
    """Draw mean margins by class of origin and adjacent class (Eq. 1)."""
    gray = measures.setting.gray_levels
    names = list(measures.class_names)
    matrices = {TITLES[name]: _mean_matrix(measures.models[name], gray) for name in PAPER_MODELS}
    return {
        "id": "figure-4",
        "kind": "heatmaps",
        "title": "Fig. 4: mean margin matrices",
        "caption": (
            "Mean margin of the rays from one class (rows) to another (columns), mean over the "
            "seeds that have any; grey where no ray of any seed crosses. The paper shows Ori. and "
            "F.L., as pictures without numbers."
        ),
        "unit": "number",
        "panels": [
            {"name": name, "matrix": matrix, "rows": names, "columns": names}
            for name, matrix in matrices.items()
        ],
        "reading": [
            f"{name}: {_reached(matrix)} of {len(names) * (len(names) - 1)} pairs of classes are "
            "joined by a ray."
            for name, matrix in matrices.items()
        ],
    }


def _mean_matrix(models: Sequence[Measured], gray: float) -> list[list[Value]]:
    classes = range(len(models[0].matrix))
    found: list[list[Value]] = []
    for i in classes:
        row: list[Value] = []
        for j in classes:
            known = [one.matrix[i][j] for one in models]
            numbers = [value for value in known if value is not None]
            row.append(gray * sum(numbers) / len(numbers) if numbers and i != j else None)
        found.append(row)
    return found


def _reached(matrix: Sequence[Sequence[Value]]) -> int:
    return sum(value is not None for row in matrix for value in row)


def _read_curves(series: Sequence[Figure], strengths: Sequence[float]) -> list[str]:
    """Say where feedback learning overtakes adversarial training, if it does."""
    by_name = {one["name"]: one["y"][1:] for one in series}
    first, second = by_name.get(TITLES["feedback"]), by_name.get(TITLES["adversarial"])
    if first is None or second is None:
        return []
    ahead = [s for s, one, other in zip(strengths, first, second, strict=True) if one > other]
    if not ahead:
        return ["F.L. is ahead of Adv. at no strength that was tried."]
    return ["F.L. is ahead of Adv. at strengths " + ", ".join(f"{one:.3g}" for one in ahead) + "."]
