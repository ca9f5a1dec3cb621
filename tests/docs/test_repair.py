"""`docs/repair.md` shows what the results in `docs/repair` hold, as the study draws them."""

import json
from typing import Any

import pytest

pytest.importorskip("torch")

import tests.support.repair_runs  # noqa: F401 - so that the study is found
from study import stronger
from study.pareto import draw_pareto
from study.rendering import about, facts, render_markdown, tables
from tests.support.paths import ROOT

FOLDER = ROOT / "docs" / "repair"
TEXT = (ROOT / "docs" / "repair.md").read_text(encoding="utf-8")


RESULTS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(FOLDER.glob("*.json"))
}
of_each = pytest.mark.parametrize("results", RESULTS.values(), ids=RESULTS)


@of_each
def test_every_table_is_that_of_the_results(results: Any) -> None:
    assert facts(results) in TEXT
    for one in results["datasets"]:
        assert about(one) in TEXT
        for title, lines in tables(one).items():
            assert "\n".join([f"### {title}", "", *lines]) in TEXT, title


def test_every_picture_is_drawn_from_the_results() -> None:
    names = {
        f"repair-{one['dataset']}.svg": one
        for results in RESULTS.values()
        for one in results["datasets"]
    }
    assert {path.name for path in FOLDER.glob("*.svg")} == set(names)
    for name, one in names.items():
        assert f"(repair/{name})" in TEXT
        assert (FOLDER / name).read_text(encoding="utf-8") == draw_pareto(one)


@of_each
def test_the_command_is_that_of_the_results(results: Any) -> None:
    assert f"```sh\n{results['command']}\n```" in TEXT


@of_each
def test_marks_that_were_missed_are_told_in_words(results: Any) -> None:
    told = TEXT[: TEXT.index("## MNIST")]
    for row in (one for data in results["datasets"] for one in data["marks"]):
        if row["verdict"] == "missed":
            number = abs(row["value"]) * (1 if row["least"] is None else 100)
            assert f"{number:.1f}" in told, row


@pytest.mark.parametrize("name", ["forty-seeds", "twenty-seeds", "reach", "as-harden"])
def test_later_looks_are_there_as_the_study_wrote_them(name: str) -> None:
    results = json.loads((FOLDER / name / "repair.json").read_text(encoding="utf-8"))
    page = (FOLDER / name / "repair.md").read_text(encoding="utf-8")
    assert page == render_markdown(results, "repair")
    assert f"(repair/{name}/repair.md)" in TEXT
    assert f"```sh\n{results['command']}\n```" in TEXT
    for one in results["datasets"]:
        picture = FOLDER / name / f"repair-{one['dataset']}.svg"
        assert picture.read_text(encoding="utf-8") == draw_pareto(one)
        for title in ("What each gives and costs", "Marks"):
            assert "\n".join(tables(one)[title]) in TEXT, title


def test_what_attacks_by_more_found_is_there_as_the_study_wrote_it() -> None:
    results = json.loads((FOLDER / "stronger" / "stronger.json").read_text(encoding="utf-8"))
    page = (FOLDER / "stronger" / "stronger.md").read_text(encoding="utf-8")
    assert page == stronger.render(results)
    assert "(repair/stronger/stronger.md)" in TEXT
    assert f"```sh\n{results['command']}\n```" in TEXT
    assert "\n".join(stronger.table(results["datasets"])) in TEXT


def test_the_readme_has_the_numbers_of_the_table() -> None:
    """Rows of MNIST, of Fashion-MNIST and of CIFAR-10, as many of each."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    begin = readme.index("### Both in one")
    rows = [line.split("|")[2:-1] for line in readme[begin:].split("\n## ")[0].splitlines()]
    shown = [[cell.strip() for cell in row] for row in rows if len(row) == 4][2:]
    later = json.loads((FOLDER / "twenty-seeds" / "repair.json").read_text(encoding="utf-8"))
    results = (RESULTS["repair"], later)
    known = [_headline(one) for found in results for one in found["datasets"]]
    each = len(shown) // len(known)
    assert each > 3
    for number, row in enumerate(shown):
        assert row in known[number // each], row


def _headline(one: Any) -> list[list[str]]:
    """Give accuracy, what holds under attacks and noise, and cost, as the README writes them."""
    found = []
    for line in tables(one)["What each gives and costs"][2:]:
        cells = [cell.strip() for cell in line.split("|")[2:-1]]
        shares = [cell.replace(" [", "% [") for cell in cells[:3]]
        found.append([*shares, "" if cells[-1] == "0.0" else cells[-1]])
    return found
