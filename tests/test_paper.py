"""The reproduction of the paper from end to end, on the embedded digits."""

import html
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT

sys.path.append(str(ROOT / "examples" / "paper"))
from reproduction.experiments import BEYOND, CONTROLS, PAPER_MODELS, TITLES
from reproduction.paper import paper_numbers
from reproduction.rendering import cell_text
from reproduction.settings import ATTACKS, setting_of

pytest.importorskip("torch")
pytest.importorskip("art")


def reproduce(out: Path, *more: str, seeds: int = 2) -> subprocess.CompletedProcess[str]:
    script = ROOT / "examples" / "paper" / "reproduce.py"
    options = ["--dataset", "digits", "--data", str(ROOT / "examples"), "--seeds", str(seeds)]
    return subprocess.run(
        [sys.executable, str(script), *options, "-o", str(out), *more],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("paper")
    done = reproduce(out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def results(folder: Path) -> Any:
    return json.loads((folder / "paper.json").read_text())


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
    assert len(rows["compensation"]) == 5
    (beyond,) = results["beyond"]["tables"]
    names = {row["name"] for row in beyond["rows"]}
    assert names == {TITLES[name] for name in (*PAPER_MODELS, *BEYOND)}
    for table in (*tables.values(), beyond):
        for row in table["rows"]:
            assert len(row["cells"]) == len(table["columns"])
            assert any(cell["value"] is not None for cell in row["cells"])
    assert [one["id"] for one in section["figures"]] == ["figure-3", "figure-4"]
    assert len(section["figures"][0]["series"]) == len(PAPER_MODELS)
    assert len(section["figures"][1]["panels"]) == len(PAPER_MODELS)


def test_the_way_least_behind_in_both_is_named(results: Any) -> None:
    (table,) = results["beyond"]["tables"]
    places = [table["columns"].index(name) for name in ("gradient attacks", "noise")]
    both = {
        row["name"]: sum(row["cells"][place]["value"] for place in places) for row in table["rows"]
    }
    *each, least = table["reading"]
    assert len(each) == len(BEYOND)
    named = least.removeprefix("Least behind in both together: ")
    (best,) = (name for name in both if named in (name, f"{name}."))
    assert both[best] == pytest.approx(max(both[TITLES[name]] for name in BEYOND))


def test_shares_of_rays_add_up_to_one(results: Any) -> None:
    tables = {table["id"]: table for table in results["datasets"][0]["tables"]}
    (row,) = tables["table-1"]["rows"]
    assert sum(cell["value"] for cell in row["cells"]) == pytest.approx(1)


def test_budgets_are_listed_with_their_rule(results: Any) -> None:
    settings = {one["name"]: one for one in results["datasets"][0]["settings"]}
    for name in ATTACKS:
        assert "Ori." in settings[f"budget: {name}"]["why"]


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


def test_data_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    done = reproduce(tmp_path, "--data", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.startswith("error: no data at")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (("--seeds", "0"), "argument --seeds: 0, but at least 1 is needed"),
        (("--jobs", "-1"), "argument --jobs: -1, but at least 1 is needed"),
        (("-o", __file__), "all stages that were done are kept"),
    ],
)
def test_what_cannot_be_done_is_one_clear_error(
    more: tuple[str, str], complaint: str, tmp_path: Path
) -> None:
    done = reproduce(tmp_path, *more)
    assert done.returncode == 2
    assert complaint in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_the_papers_numbers_are_whole() -> None:
    for dataset in ("mnist", "cifar10"):
        numbers = paper_numbers(dataset)
        shares = numbers["adjacent_share"]
        assert sum(shares["classes"]) + shares["none"] == pytest.approx(1, abs=2e-3)
        assert set(numbers["attacks"]) == set(ATTACKS)
        assert set(numbers["robustness"]) == set(PAPER_MODELS)
        assert all(len(one) == 10 for one in numbers["class_robustness"].values())


def test_the_scale_of_the_paper_is_that_of_its_section_five() -> None:
    mnist, cifar10 = (setting_of(name, "paper") for name in ("mnist", "cifar10"))
    assert (mnist.search.samples, mnist.search.directions, mnist.search.signs) == (1500, 784, 2)
    assert (mnist.search.steps, mnist.search.step) == (25, 0.02)
    assert (cifar10.search.samples, cifar10.search.directions) == (1500, 1000)
    assert (cifar10.search.signs, cifar10.search.steps) == (1, 63)
    assert cifar10.search.step * 255 == pytest.approx(2)
    assert mnist.seeds >= 5
    assert cifar10.seeds >= 3
