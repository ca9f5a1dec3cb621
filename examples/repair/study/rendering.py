"""Results as GitHub Markdown: the same tables in what a run writes and in the documents."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from reproduction.data import TEST_PARTS
from reproduction.rendering import cell_text, duration, number_text
from study.pareto import draw_pareto
from study.scores import GROUPS
from study.settings import CORRUPTIONS

Results = Mapping[str, Any]

_SINGLE = {
    "fgsm": "FGSM",
    "cw-l2": "CW",
    "pgd": "PGD",
    "bim": "BIM",
    "mim": "MIM",
    "deepfool": "DeepFool",
    "uniform-noise": "uniform noise",
    "gaussian-noise": "Gaussian noise",
    **CORRUPTIONS,
}
_OVER = {
    "seeds": "Student's 95 % intervals over seeds, each with test images of its own",
    "images": "95 % intervals over images, for these trainings alone",
}


def render_pictures(results: Results, name: str) -> dict[str, str]:
    """Draw the picture of each data set, by its file name."""
    return {f"{name}-{one['dataset']}.svg": draw_pareto(one) for one in results["datasets"]}


def render_markdown(results: Results, name: str) -> str:
    """Write results as a document of their own; ``name`` is that of its files."""
    lines = ["# Repairs, measured alike", "", facts(results), "", "```sh", results["command"]]
    lines += ["```", ""]
    for one in results["datasets"]:
        lines += [f"## {one['title']}", "", about(one), ""]
        lines += [f"![{one['title']}]({name}-{one['dataset']}.svg)", ""]
        for title, table in tables(one).items():
            lines += [f"### {title}", "", *table, ""]
    return "\n".join(lines)


def facts(results: Results) -> str:
    """Say when, at which scale, where, and in how long the results were made."""
    took = f"{duration(results['made']['wall_seconds'])}"
    versions = ", ".join(f"{name} {one}" for name, one in results["made"]["versions"].items())
    return f"{results['when']}, scale {results['scale']}, {results['machine']}, {took}; {versions}."


def about(one: Results) -> str:
    """Say what the tables of a data set are of."""
    images, many = one["images"], len(one["seeds"])
    seeds = "one seed" if many == 1 else f"mean over {many} seeds"
    groups = {seed // TEST_PARTS for seed in one["seeds"]}
    shared = f"; of {len(groups)} groups of them, some are the same" if len(groups) > 1 else ""
    return (
        f"In %, {seeds}; {_OVER[one['over']]}{shared}. {images['trained on']:,} training images; "
        f"of each seed's own test images {images['attacked']:,} are attacked, "
        f"{images['corrupted']:,} corrupted (severity {one['corruptions']['severity']}), all of "
        "them noisy."
    )


def tables(one: Results) -> dict[str, list[str]]:
    """Write all tables of a data set, line by line, by their titles."""
    return {
        "What each gives and costs": list(_overview(one)),
        "The worst class of each": list(_worst(one)),
        "One by one": list(_singly(one)),
        "Differences": list(_differences(one)),
        "Marks": list(_marks(one)),
        "Signs of masked gradients": list(_signs(one)),
        "Budgets": list(_budgets(one)),
    }


def _overview(one: Results) -> Iterator[str]:
    heads = [*GROUPS, "margin of right samples", "closest boundary", "cost"]
    yield from _table(
        "model",
        heads,
        (
            [
                model["title"],
                *(cell_text(model["groups"][group], "share").replace("%", "") for group in GROUPS),
                number_text(model["restricted mean"], "rms"),
                number_text(model["closest"], "rms"),
                f"{model['cost']:.1f}",
            ]
            for model in one["models"]
        ),
    )


def _worst(one: Results) -> Iterator[str]:
    rows = (
        [model["title"], *(_percent(model["worst class"][group]) for group in GROUPS)]
        for model in one["models"]
    )
    yield from _table("model", list(GROUPS), rows)


def _singly(one: Results) -> Iterator[str]:
    names = list(one["models"][0]["singly"])
    rows = (
        [model["title"], *(_percent(model["singly"][name]["value"]) for name in names)]
        for model in one["models"]
    )
    yield from _table("model", [_SINGLE[name] for name in names], rows)


def _differences(one: Results) -> Iterator[str]:
    titles = {model["name"]: model["title"] for model in one["models"]}
    rows = (
        [
            titles[row["model"]],
            f"{row['what']}, against {titles[row['against']]}",
            cell_text(row, "points"),
            _p_value(row["p_value"]),
            _p_value(row["adjusted"]),
        ]
        for row in one["differences"]
    )
    yield from _table("model", ["in", "points", "p", "p by Holm"], rows)


def _marks(one: Results) -> Iterator[str]:
    titles = {model["name"]: model["title"] for model in one["models"]}
    rows = (
        [
            titles[row["model"]],
            f"{_SINGLE.get(row['what'], row['what'])}, against {titles[row['against']]}",
            "at most half"
            if row["least"] is None
            else f"at least {number_text(row['least'], 'points')}",
            f"{row['value']:.1f} epochs" if row["least"] is None else cell_text(row, "points"),
            row["verdict"],
        ]
        for row in one["marks"]
    )
    yield from _table("model", ["in", "mark", "found", "verdict"], rows)


def _signs(one: Results) -> Iterator[str]:
    rows = ([model["title"], ", ".join(model["flags"]) or "none"] for model in one["models"])
    yield from _table("model", ["flags raised on any seed"], rows)


def _budgets(one: Results) -> Iterator[str]:
    shares = ("holds", "wanted")
    rows = (
        [
            f"`{text}`",
            *(
                number_text(one["budgets"][name][share], "share") if name in one["budgets"] else ""
                for share in shares
            ),
        ]
        for name, text in one["attacks"].items()
    )
    yield from _table("attack", ["holds of Ori. on the tuning seed", "wanted"], rows)


def _table(corner: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for row in ([corner, *heads], ["---", *["---:"] * len(heads)], *rows):
        yield f"| {' | '.join(row)} |"


def _percent(value: float | None) -> str:
    return number_text(value, "share").replace("%", "")


def _p_value(value: float) -> str:
    return "<.001" if value < 0.001 else f"{value:.3f}".lstrip("0")
