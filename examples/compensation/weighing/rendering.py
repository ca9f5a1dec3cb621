"""Results as GitHub Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reproduction.rendering import cell_text, duration, number_text
from weighing.settings import ARMS, PAIRS


def render_markdown(found: Mapping[str, Any]) -> str:
    """Write all results: the command, then the tables of each data set."""
    made = found["made"]
    versions = ", ".join(f"{name} {one}" for name, one in made["versions"].items())
    lines = [
        "# Compensation, compared",
        "",
        "```sh",
        found["command"],
        "```",
        "",
        f"{found['when']}, scale {found['scale']}, {found['machine']}, "
        f"{duration(made['wall_seconds'])}; {versions}.",
        "",
    ]
    for dataset in found["datasets"]:
        lines += [*render_dataset(dataset), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def render_dataset(dataset: Mapping[str, Any]) -> list[str]:
    """Write the tables of a data set, line by line."""
    return [
        f"## {dataset['title']}",
        "",
        _what(dataset),
        "",
        *_models(dataset["models"]),
        "",
        *_differences(dataset["differences"]),
    ]


def _what(dataset: Mapping[str, Any]) -> str:
    attacks = "; ".join(f"{name}: `{text}`" for name, text in dataset["attacks"].items())
    searched, audited = dataset["searched"], dataset["audited"]
    return (
        f"{len(dataset['seeds'])} seeds; {dataset['images']:,} training images, of which "
        f"{searched[0]} are searched along {searched[1]} directions; {dataset['examples']:,.0f} "
        f"examples by each rule, in the mean. Of each seed's own test images all are classified, "
        f"{audited[0]} searched along {audited[1]} directions, {dataset['attacked']:,} attacked. "
        f"{attacks}. In %, margins in % of the reach, means over seeds with Student's 95 % "
        "intervals. Gini is the inequality of the classes' margins: less is better."
    )


def _models(models: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield from _header("", [model["title"] for model in models])
    for measure in models[0]["values"]:
        cells = [_text(model["values"][measure], "share") for model in models]
        yield _row(measure, cells)
    spans = [
        f"{model['fewest']:.2f} to {model['most']:.2f}" if model["most"] else "" for model in models
    ]
    yield _row("examples of a class, over their mean", spans)
    seeds = len(models[0]["by seed"]["accuracy"])
    times = [f"{model['weakest was robust']} of {seeds}" for model in models]
    yield _row("seeds whose weakest class was robust in Ori.", times)


def _differences(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Write differences in points: measures are rows, pairs are columns."""
    titles = [f"{_title(one)} less {_title(other)}" for one, other in PAIRS]
    yield from _header("in points", titles)
    for measure in dict.fromkeys(row["in"] for row in rows):
        yield _row(measure, [_difference(row) for row in rows if row["in"] == measure])


def _difference(row: Mapping[str, Any]) -> str:
    """Write a difference, its interval, what would be seen, and p where it is adjusted."""
    text = f"{_text(row, 'points')} ±{number_text(row['seen'], 'points').lstrip('+')}"
    return text if row["adjusted"] is None else f"{text}, p {row['adjusted']:.2g}"


def _text(cell: Mapping[str, Any], unit: str) -> str:
    return cell_text(cell, unit).replace("%", "")


def _title(name: str) -> str:
    return ARMS.get(name, "Ori.")


def _header(corner: str, titles: Sequence[str]) -> Iterator[str]:
    yield _row(corner, titles)
    yield _row("---", ["---:"] * len(titles))


def _row(name: str, cells: Sequence[str]) -> str:
    return f"| {' | '.join([name, *cells])} |"
