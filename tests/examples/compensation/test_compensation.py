"""The study of compensation from end to end, on the embedded digits, and its page."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("art")

from tests.support.compensation_runs import compensate
from tests.support.paths import ROOT
from weighing.rendering import render_dataset
from weighing.settings import ARMS
from weighing.work import read_chosen


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a run of the smoke scale wrote."""
    out = tmp_path_factory.mktemp("compensation")
    done = compensate(out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def results(folder: Path) -> Any:
    """The record of that run."""
    return json.loads((folder / "compensation.json").read_text())


def test_every_rule_is_measured_in_the_table(folder: Path, results: Any) -> None:
    (digits,) = results["datasets"]
    assert [model["title"] for model in digits["models"]] == ["Ori.", *ARMS.values()]
    text = (folder / "compensation.md").read_text()
    for measure, cell in digits["models"][0]["values"].items():
        assert cell["low"] <= cell["value"] <= cell["high"]
        assert text.count(f"| {measure} |") == 2


def test_differences_are_those_of_the_values(results: Any) -> None:
    (digits,) = results["datasets"]
    values = {model["name"]: model["values"] for model in digits["models"]}
    for row in digits["differences"]:
        one, other = (values[row[name]][row["in"]]["value"] for name in ("model", "against"))
        assert row["value"] == pytest.approx(one - other, abs=1e-12)
        assert row["low"] <= row["value"] <= row["high"]


def test_every_rule_has_as_many_examples(folder: Path) -> None:
    for seed in range(3):
        of_seed = folder / "stages" / "digits" / f"seed-{seed}"
        chosen = [read_chosen(one) for one in sorted(of_seed.glob("*/examples-*"))]
        levels, counts = zip(*chosen, strict=True)
        assert len(set(levels)) == 1
        assert len({int(one.sum()) for one in counts}) == 1
        assert len({tuple(one.tolist()) for one in counts}) == len(ARMS)


def test_what_is_kept_is_not_done_again_and_gives_the_same(folder: Path, results: Any) -> None:
    (one,) = (folder / "stages" / "digits" / "seed-0" / "neighbours").glob("measures-*")
    shutil.rmtree(one)
    done = compensate(folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("measures") == 1
    again = json.loads((folder / "compensation.json").read_text())
    assert again["datasets"] == results["datasets"]


def test_the_page_has_the_tables_of_its_numbers() -> None:
    docs = ROOT / "docs"
    found = json.loads((docs / "compensation" / "compensation.json").read_text(encoding="utf-8"))
    page = (docs / "compensation.md").read_text(encoding="utf-8")
    assert found["command"] in page
    for dataset in found["datasets"]:
        assert "\n".join(render_dataset(dataset)) in page
