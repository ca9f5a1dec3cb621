"""`docs/repair.md` shows what the results in `docs/repair` hold, as the study draws them."""

import json
from typing import Any

import pytest

pytest.importorskip("torch")

import tests.support.repair_runs  # noqa: F401 - so that the study is found
from study.pareto import draw_pareto
from study.rendering import about, facts, tables
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


def test_the_readme_has_the_numbers_of_the_table() -> None:
    rows = tables(RESULTS["repair"]["datasets"][0])["What each gives and costs"][2:]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme[readme.index("### Both in one") :]
    for row in rows:
        _, _, clean, attacked, noise, *_ = (cell.strip() for cell in row.split("|"))
        assert " | ".join(cell.replace(" [", "% [") for cell in (clean, attacked, noise)) in shown
