"""The study of repairs from end to end, on the embedded digits."""

import json
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("art")
pytest.importorskip("imagecorruptions")

from study.laying_out import TITLES
from study.marks import JUDGED
from study.scores import GROUPS
from study.stronger import ANY, FARTHER, MODELS, USUAL
from tests.support.repair_runs import repair


def test_every_repair_is_measured_in_every_respect(results: Any) -> None:
    (digits,) = results["datasets"]
    assert [model["title"] for model in digits["models"]] == list(TITLES.values())
    for model in digits["models"]:
        assert list(model["groups"]) == list(model["worst class"]) == list(GROUPS)
        for group, cell in model["groups"].items():
            assert 0 <= model["worst class"][group] <= cell["value"] <= 1
        assert len(model["singly"]) == 12
        assert model["restricted mean"] > 0
        assert model["closest"] is not None
    assert {row["model"] for row in digits["marks"]} == set(JUDGED)


def test_costs_count_in_epochs_of_adversarial_training(results: Any) -> None:
    costs = {model["name"]: model["cost"] for model in results["datasets"][0]["models"]}
    assert costs["original"] == 0
    assert costs["adversarial"] == pytest.approx(2)  # the epochs that it has there
    assert costs["combined-on-adversarial"] > costs["adversarial"]
    assert costs["line"] > costs["combined"] > 0


def test_differences_are_those_of_the_table(results: Any) -> None:
    (digits,) = results["datasets"]
    values = {model["name"]: model["groups"] for model in digits["models"]}
    given_back = 3  # against Ori., beside its accuracy, which all are compared in
    assert len(digits["differences"]) == 4 * (len(TITLES) - 1) + 4 * len(JUDGED) + given_back
    for row in digits["differences"]:
        one, other = (values[row[name]][row["what"]]["value"] for name in ("model", "against"))
        assert row["value"] == pytest.approx(one - other, abs=1e-12)
        assert row["low"] <= row["value"] <= row["high"]
        assert row["p_value"] <= row["adjusted"] <= 1


def test_budgets_are_found_on_a_seed_that_is_not_measured(folder: Path, results: Any) -> None:
    (digits,) = results["datasets"]
    assert digits["seeds"] == [0]
    stages = folder / "stages" / "digits"
    assert [one.parent.name for one in stages.glob("*/budgets-*")] == ["seed-9"]
    assert not list(stages.glob("seed-9/*/measures-*"))


def test_documents_have_all_tables_and_the_picture(folder: Path) -> None:
    text = (folder / "repair.md").read_text()
    for title in TITLES.values():
        assert f"| {title} |" in text
    (picture,) = re.findall(r"!\[.*\]\((.*)\)", text)
    drawn = ET.parse(folder / picture)
    words = "".join(drawn.getroot().itertext())
    assert all(title in words for title in TITLES.values())


def test_what_is_kept_is_not_done_again_and_gives_the_same(folder: Path, results: Any) -> None:
    (line,) = (folder / "stages" / "digits" / "seed-0" / "line").glob("measures-*")
    shutil.rmtree(line)
    done = repair(folder)
    assert done.returncode == 0, done.stderr
    assert "line/measures" in done.stderr
    assert "combined/measures" not in done.stderr
    again = json.loads((folder / "repair.json").read_text())
    assert again["datasets"] == results["datasets"]


def test_some_models_can_be_done_first_beside_those_they_are_compared_with(folder: Path) -> None:
    whole = {name: (folder / f"repair.{name}").read_text() for name in ("json", "md")}
    done = repair(folder, "--model", "combined")
    assert (done.returncode, done.stderr) == (0, "")  # all of it is kept
    (digits,) = json.loads((folder / "repair.json").read_text())["datasets"]
    names = [model["name"] for model in digits["models"]]
    assert names == ["original", "feedback", "adversarial", "combined"]
    assert {row["model"] for row in digits["marks"]} == {"combined"}
    for name, text in whole.items():
        (folder / f"repair.{name}").write_text(text)


def test_recipes_are_compared_on_the_seed_that_the_study_does_not_use(folder: Path) -> None:
    done = repair(folder, "--recipes")
    assert done.returncode == 0, done.stderr
    (digits,) = json.loads((folder / "recipes.json").read_text())["datasets"]
    assert digits["seeds"] == [9]
    tried = {"as-harden", "five-steps"}
    assert {model["name"] for model in digits["models"]} == tried | {
        "original",
        "adversarial",
        "feedback",
    }
    assert {row["model"] for row in digits["marks"]} == tried
    assert digits["lines"] == []


def test_what_combined_hardening_gives_is_attacked_by_more_than_the_study_does(
    folder: Path, results: Any
) -> None:
    done = repair(folder, "--stronger")
    assert done.returncode == 0, done.stderr
    assert "combined/model" not in done.stderr  # it is the study's
    assert "combined-last/model" in done.stderr
    (digits,) = json.loads((folder / "stronger.json").read_text())["datasets"]
    held = {name: cell["value"] for name, cell in digits["held"]["combined"].items()}
    within = [name for name in held if name not in {ANY, *FARTHER.values()}]
    assert len(within) == 4
    assert held[ANY] <= min(held[name] for name in within)
    assert digits["taken"]["combined"]["value"] == pytest.approx(held[USUAL] - held[ANY])
    assert held[USUAL] >= held[FARTHER[2]] >= held[FARTHER[4]]
    for model in results["datasets"][0]["models"]:
        if model["name"] in MODELS:
            found = digits["held"][model["name"]][USUAL]["value"]
            assert found == pytest.approx(model["groups"]["PGD at training's budget"]["value"])
    text = (folder / "stronger.md").read_text()
    assert all(f"| {name} |" in text for name in held)
