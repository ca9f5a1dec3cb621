"""The reproduction of the paper from end to end, on the embedded digits."""

import html
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("art")

from reproduction.experiments import BEYOND, CONTROLS, PAPER_MODELS, TITLES
from reproduction.rendering import cell_text
from reproduction.settings import ATTACKS
from tests.support.paper_runs import reproduce


def test_every_table_has_every_row(results: Any) -> None:
    (section,) = results["datasets"]
    tables = {table["id"]: table for table in section["tables"]}
    models = [TITLES[name] for name in PAPER_MODELS]
    both = [*models, *(TITLES[name] for name in CONTROLS)]
    rows = {name: [row["name"] for row in table["rows"]] for name, table in tables.items()}
    assert rows["overview"] == both
    assert rows["table-1"] == ["Ori."]
    assert rows["table-2"] == [f"{s} set, on {m}" for s in ("Ori.", "F.L.") for m in models]
    assert len(rows["table-3"]) == 1 + len(ATTACKS)
    assert tables["table-3"]["columns"] == both
    assert rows["robustness"] == both
    assert rows["table-4"] == models
    assert len(rows["compensation"]) == 6
    assert "F.L. less Continued" in rows["compensation"]
    (beyond,) = results["beyond"]["tables"]
    names = {row["name"] for row in beyond["rows"]}
    assert names == {TITLES[name] for name in (*PAPER_MODELS, "continued", *BEYOND)}
    for table in (*tables.values(), beyond):
        for row in table["rows"]:
            assert len(row["cells"]) == len(table["columns"])
            assert any(cell["value"] is not None for cell in row["cells"])
    assert [one["id"] for one in section["figures"]] == ["figure-3", "figure-4"]
    assert len(section["figures"][0]["series"]) == len(PAPER_MODELS)
    assert len(section["figures"][1]["panels"]) == len(PAPER_MODELS)


def test_the_way_nearest_to_both_is_named_among_all_candidates(results: Any) -> None:
    (table,) = results["beyond"]["tables"]
    places = [table["columns"].index(name) for name in ("gradient attacks", "noise")]
    both = {
        row["name"]: sum(row["cells"][place]["value"] for place in places) for row in table["rows"]
    }
    answer = table["reading"][0]
    candidates = [TITLES[name] for name in ("adversarial", "feedback", *BEYOND)]
    ends = answer.removesuffix(".").endswith
    (named,) = (one for one in candidates if ends(f"nearest to both is {one}".removesuffix(".")))
    assert both[named] == pytest.approx(max(both[name] for name in candidates))
    assert any(answer in text for text in results["beyond"]["what"])
    assert any(answer in text for text in results["summary"])


def test_shares_of_rays_add_up_to_one(results: Any) -> None:
    tables = {table["id"]: table for table in results["datasets"][0]["tables"]}
    (row,) = tables["table-1"]["rows"]
    assert sum(cell["value"] for cell in row["cells"]) == pytest.approx(1)


def test_budgets_are_listed_with_what_was_wanted_of_them(results: Any) -> None:
    tables = {table["id"]: table for table in results["datasets"][0]["tables"]}
    rows = tables["budgets"]["rows"]
    assert len(rows) == len(ATTACKS)
    for row in rows:
        budget, holds, wanted = row["cells"]
        assert budget["text"].split()[0] in ("epsilon", "sigma", "budget")
        assert wanted["value"] == 0.5  # the paper has no digits
        missed = abs(holds["value"] - wanted["value"]) > 0.02
        assert ("note" in holds) == missed
        assert (row["name"] in " ".join(tables["budgets"]["reading"])) == missed


def test_the_same_budget_is_as_many_examples_as_feedback_learning_has(results: Any) -> None:
    (table,) = (one for one in results["datasets"][0]["tables"] if one["id"] == "compensation")
    counts = dict(
        re.findall(
            r"(?<!Reduced )(F\.L\.|Reduced, same budget|Continued) ([\d,]*\d)", table["caption"]
        )
    )
    assert len(set(counts.values())) == 1
    assert len(counts) == 3


def test_all_models_of_a_seed_are_measured_on_its_own_images(folder: Path) -> None:
    rows = {
        (seed, path.parent.name): json.loads((path / "attacks.json").read_text())["rows"]
        for seed in (0, 1)
        for path in (folder / "stages" / "digits" / f"seed-{seed}").glob("*/attacks-*")
    }
    for seed in (0, 1):
        assert len({tuple(some) for (own, _), some in rows.items() if own == seed}) == 1
    audited = {
        seed: {
            tuple(np.unique(np.load(path / "rays.npz")["sample"]).tolist())
            for path in (folder / "stages" / "digits" / f"seed-{seed}").glob("*/audit-*")
        }
        for seed in (0, 1)
    }
    assert len(audited[0]) == len(audited[1]) == 1
    assert audited[0] != audited[1]


def test_it_is_told_with_what_and_how_long(results: Any) -> None:
    assert results["versions"]["torch"]
    assert results["versions"]["onnxruntime"]
    assert results["mixed"] == []
    assert 0 < results["wall_seconds"] <= results["seconds"]
    assert any("Song" in one for one in results["abstract"])


def test_the_documents_have_the_same_numbers(folder: Path, results: Any) -> None:
    page = (folder / "paper.html").read_text(encoding="utf-8")
    page_text = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())
    document = (folder / "paper.md").read_text(encoding="utf-8").replace("\\", "")
    numbers = 0
    for table in (*results["datasets"][0]["tables"], *results["beyond"]["tables"]):
        for row in table["rows"]:
            for cell in row["cells"]:
                value = cell_text({**cell, "low": None, "paper": None}, table["unit"])
                assert value in page_text
                assert value in document
                numbers += 1
    assert numbers > 250


def test_what_is_kept_gives_the_same_results_without_any_work(folder: Path, results: Any) -> None:
    again = reproduce(folder)
    assert again.returncode == 0
    assert not again.stderr  # no stage was done
    assert json.loads((folder / "paper.json").read_text()) == results


def test_an_interrupted_run_gives_the_same_numbers(
    folder: Path, results: Any, tmp_path: Path
) -> None:
    """Of what is kept, the last models and their audits are lost, as if never reached."""
    shutil.copytree(folder / "stages", tmp_path / "stages")
    lost = [
        one
        for name in ("reduced", "adversarial-with-feedback")
        for one in (tmp_path / "stages" / "digits" / "seed-0" / name).iterdir()
    ]
    for one in lost:
        shutil.rmtree(one)
    done = reproduce(tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(done.stderr.splitlines()) == len(lost) == 7
    for key in ("tables", "figures"):
        found = json.loads((tmp_path / "paper.json").read_text())
        assert found["datasets"][0][key] == results["datasets"][0][key]
        assert found["beyond"][key] == results["beyond"][key]


def test_one_seed_is_told_to_say_nothing_of_chance(folder: Path) -> None:
    done = reproduce(folder, seeds=1)
    assert not done.stderr  # nothing new depends on the number of seeds
    assert "says nothing of chance" in done.stdout
